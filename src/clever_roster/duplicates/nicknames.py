"""Short forms of given names, in several languages: the full form first on each line, then what people say.

A name may stand on several lines ("Alex" is short for two names). Two names of one line are taken for forms of one
name; spellings of one name in different countries ("Aleksandr") stand on its line too. Folded: ASCII, lower case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["FULL", "GROUPS", "LOOK_ALIKES", "OWN_NAMES"]

_LINES = """
abigail abby abbie abi gail
abraham abe bram avram ibrahim
abdullah abdul abdallah
adriana adri ana
agnieszka aga agnes
ahmed ahmad ahmet
alejandra ale aleja jandra alexandra
alejandro ale alejo jandro alexander
aleksandra ola olka sasha alexandra
aleksander olek alek sasha alexander aleksandr aleksandar oleksandr
alexander alex alec al lex xander sandy sasha zander iskander
alexandra alex alexa lexi lexie sandra sandy sasha allie ali
alexandre alex alexander
alexis alex lexi lexie
alfred alf alfie fred freddie al
alfonso alfonzo alonso poncho fonso
allison ali allie ally alison
alyssa aly lyssa ali
amanda mandy mandi manda
amelia mia millie amy mel
anastasia ana stacy stasia nastya nastia asya
andrea andi drea andy
andreas andi andy andrew
andrew andy drew andre andrei andrey
angela angie angel
angelina angie lina angel
anna ann annie anne anya ania nan hannah
annabelle anna belle bella
anthony tony ant antonio
antonia toni tonia nia
antonio tony toni tono anton
arthur art artie arturo artur
ashley ash lee
augustus gus august augustin
barbara barb barbie babs basia
bartholomew bart
beatrice bea bee trixie beatriz
beatriz bea beti
benjamin ben benny benji benjy
bernard bernie
bradley brad
brandon bran
brianna bri bree anna
bridget bridie biddy
brittany britt brit
caleb cal
calvin cal
cameron cam
carlos carlitos charlie charles
carolina caro lina carrie
caroline carrie carol caro lina callie
cassandra cass cassie sandra
catalina cata lina
catherine cathy cat cate kate katie kathy kitty katherine kathryn
cecilia ceci celia cece
charles charlie chuck chas chaz
charlotte charlie lottie lotte char
christian chris cristian kristian
christina chris christy chrissy tina cristina kristina
christine chris christy chrissy tina
christopher chris kit topher kris christoph cristobal
clara clarita claire
claudia claudi
concepcion concha conchita
consuelo chelo
cynthia cindy cyn
daniel dan danny dani danil daniil
daniela dani dana ela
danielle dani elle danni
david dave davey davy davi dawid
deborah deb debbie debra
delilah lila
dennis denny denis
dimitri dima mitya dmitri dmitry dmytro dimitrios
dolores lola lolita
dominic dom nick dominick domenico
dorothy dot dottie dolly
douglas doug
dylan dyl
edward ed eddie ted teddy ned eduardo
eduardo edu lalo eddie
ekaterina katya katia kate katerina catherine
eleanor ellie nell nora elle ella
elena lena lenka helen ellie
elijah eli lijah elias
elizabeth liz lizzie beth betty betsy eliza libby lisa ellie elisabeth bess
emiliano emi emilio
emily em emmy emmie millie emilia
emma em emmy
enrique quique kike henry
ernesto neto ernie
esperanza espe
esteban teban steven
ethan eth
evangeline eva evie angie
evelyn eve evie lyn
ezekiel zeke
fatima fatma fati
federico fede rico
felipe pipe felip phillip
fernando fer nando
florence flo flossie
frances fran frankie fanny
francesca fran chessie franca
francisca paca paqui fran
francisco paco pancho cisco fran frank kiko
franklin frank frankie
frederick fred freddie fritz freddy rick
gabriel gabe gabi gabo
gabriella gabby gabbie gabi ella bella gabriela
gabrielle gabby gabbie gabi elle
genevieve gen genny viv
george georgie jorge georgios yuri
georgina georgie gina
gerald gerry jerry
gertrude trudy gert
giovanni gio gianni john
gonzalo gonza
grace gracie
gregory greg gregg grzegorz
grigory grisha
guadalupe lupe lupita
guillermo memo guille william
gustavo gus tavo
hannah hanna ann
harold harry hal
harrison harry
heather heath
heinrich heini henry
helena helen lena nell hela
henry hank harry hal henri
herbert bert herb
hussein hussain husayn hussen
ignacio nacho
irina ira irena
isaac ike zac isak
isabella bella izzy belle isa ella izabela
isabel isa izzy chabela bella isabelle
isaiah ike zay
ivan vanya john
jack jackie john
jacob jake jay jakub
jacqueline jackie jacqui
james jim jimmy jamie jem
jane janie jenny
janet jan
jasmine jas jazz jazzy yasmin
jayden jay
jean john
jeffrey jeff geoff geoffrey
jennifer jen jenny jenn
jeremiah jerry jem
jeremy jerry jem
jerome jerry
jesse jess
jessica jess jessie
jesus chuy chucho
joanna jo joan anna
joaquin quino
johannes hans john
john johnny jack jon
jonathan jon jonny nathan
jorge coque
jose pepe pepito joe joseph
josefina pepa fina josephine
joseph joe joey jo
josephine jo josie fifi
joshua josh
juan juanito john
juana juanita
judith judy jude
julia jules julie
julian jules
kaitlyn kate katie kait
katarzyna kasia kaska
katherine kate katie kathy kat kitty kay katy
kathleen kath kathy kate kay
kenneth ken kenny
kimberly kim kimmy
krzysztof krzys chris
lauren laurie ren
laurence larry laurie lawrence
leonard leo len lenny
leonardo leo nardo
leticia lety
lillian lily lil lilly
linda lin lindy
louis lou louie luis
louise lou lulu luisa
lucas luke luca lukas
lucia lucy luci chia
ludmila luda mila lyudmila
luis lucho louis
lydia lyddie
mackenzie mac kenzie
madeline maddie maddy madeleine madelyn
madison maddie maddy
magdalena magda lena maddie
malgorzata gosia margaret
manuel manny manolo manu
marcus marc mark
margaret maggie meg peggy marge greta rita daisy margie
margarita rita marga margaret
maria mary mariya mia marie maria
mariam maryam miriam mariama
maribel mari
mariana mari ana
marjorie marge margie
martha marty mattie
martin marty
martina tina
mary molly polly mae may maria
mateo teo matthew
matilda tilly mattie tilda
matthew matt matty mathew mateusz matteo
maximilian max maxi
maxwell max
megan meg
melanie mel
melissa mel missy lissa
mercedes merche
michael mike mikey mick mickey mikhail michal miguel
michelle shelly chelle
miguel migue mike
mikhail misha michael
mohammed mohamed muhammad mohammad mo mehmet mohamad muhammed
monica moni
montserrat montse
mustafa mostafa
nadezhda nadia nadya
natalia nat nata natasha talia
natalie nat nattie
natasha tasha nat
nathan nate nat
nathaniel nate nathan nat
nicholas nick nicky nico nicolas nikolas klaus
nicole nicki nikki cole
nikolai kolya nick
noah noe
oleksandra lesya sasha
olivia liv livvy olive ollie
oliver ollie
omar umar omer
oscar ozzie
pablo pablito paul
pamela pam
patricia pat patty tricia trish paty
patrick pat paddy
paul pauly pavel pawel
paula pauli
pedro perico peter
penelope penny nell
peter pete petey piotr petr
philip phil pip phillip
phoebe fee
prudence pru
rachel rach rae
rafael rafa rafi raphael
ramon moncho
raymond ray
rebecca becca becky beck rebekah
reginald reg reggie
ricardo rick richie rico cardo
richard rick dick rich richie ricky
robert rob bob bobby robbie bert roberto
roberto beto rob
rodrigo rodri rigo
roger rog
roland rollie
ronald ron ronnie
rosa rosie rosita
rosario charo
rosemary rosie rose
roxanne roxy
rudolph rudy
samantha sam sammy
samuel sam sammy
sandra sandy
santiago santi chago tiago
sarah sally sadie sara
savannah savvy anna
sebastian seb bas sebas bastian
serena rena
sergei seryozha sergey serhiy sergio
sergio checo
sharon shari
shoshana shosh susan
sofia sofi sophie sonya sophia
sophia sophie sofi
stanislav stas slava
stephanie steph stephie annie
stephen steve stevie stefan steven
susan sue susie suzy susanna
suzanne sue suzy
svetlana sveta lana
sylvia sylvie silvia
tamara tam tammy toma
tatiana tanya tania tati
teresa terry tess tere tessa theresa resa
thaddeus thad tad
theodore ted teddy theo
thomas tom tommy tomas tomasz
timothy tim timmy
tobias toby
tyler ty
valentina val vale tina
valeria val vale lera
valerie val
vanessa nessa van
veronica vero ronnie roni
victor vic vico viktor
victoria vicky tori vic vicki viktoria
vincent vin vince vinny vicente
virginia ginny ginger
vladimir vova volodya vlad volodymyr
vladislav vlad slava
walter walt wally
wilhelm willi william
william will bill billy willie liam
xavier xavi javier
javier javi
yekaterina katya katia ekaterina
yevgeny zhenya eugene evgeny
yousef yusuf youssef yosef joseph yusef
zachary zach zack zac zak
zoe zoey
"""


def _read(lines: str) -> Mapping[str, tuple[int, ...]]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines.strip().splitlines()):
        for name in dict.fromkeys(line.split()):
            groups[name].append(number)
    return MappingProxyType({name: tuple(numbers) for name, numbers in groups.items()})


GROUPS: Mapping[str, tuple[int, ...]] = _read(_LINES)
"""The groups a folded given name belongs to."""

FULL = frozenset(line.split()[0] for line in _LINES.strip().splitlines()) | frozenset(
    """
    agnes alonso andre anton august claire elias emilia emilio eugene ibrahim isabelle jules julie luca luisa marie mark
    miriam stefan sylvie umar yasmin
    """.split()  # noqa: SIM905
)
"""The full forms, of their own or of another language: a child is seldom called by another full name, and twins are
("Joseph" and "Jose", "Anna" and "Hannah")."""

LOOK_ALIKES = frozenset(
    """
    aaliyah adam adan aidan aiden alan alana alba alina alma amar amari amina amir amira anaya anika anita anya ari
    aria arjun arun arya ava aya ayla bailey bella beth brayden brice bruce bryce caden cara carla carlo carlos carly
    carol carson cayden celia clara cora corey cory dana dane dara darius dean della deven devin dina dion dora ela
    elba elena elia eliana elias elin elise eliza ella elsa emery emil emilia emilio emily emory erin eva evan flora
    frances francis gabriel gabriela gavin gia gina hailey haley hana hanna hayden hugh hugo ian iman isa isla ivan
    jace jack jada jade jaden jake jalen jamal jamar jamie jamil jana jane janet jason jayce jayden jayla jean jesse
    jessie joan joana joel joey johan john jonah jonas jose juan julia julian juliana julie julio kaden kai kailey
    kaleb kane karen karin kayden kayla kayleigh keira kevin kian kiara kira kyla kyle laila lana lara layla leah lee
    leila lena leo leon leona lia liam lila lilia lina linh lisa liza lola lora luca lucas lucia lucy luis luisa luna
    lyla macy maia malia malik mara marco marcos marcus maria mariah marian mariana marie marina mario marisa marius
    mark martin martina mary mason maya melina mia mila milan milo mina mira mohit mona myla natalia natalie naya neil
    nia nick nico nina noa noah noel nola nolan nora norma olive oliver omar paola paul paula paulo pia rahul raul
    rhea rian rico rina rita robert roberta rohan rohit roman ronan rory rosa rose rosie rowan ruby rudy ryan sabina
    sabrina samir samira sana sara saul sean selena selina serena seth shea simon simona sofia sonia talia tania tara
    tarun taya thea theo tia tina toni tony ulma uma umar valeria valerie varun vinh wade will willa xena yara yuka
    yuki yumi yuri zane zara zion
    """.split()  # noqa: SIM905
)
"""Given names that are one letter away from another one, and are names of their own all the same."""

OWN_NAMES = (
    FULL
    | LOOK_ALIKES
    | frozenset(
        """
        abby alex allie annie bella beth billie carrie charlie drew elle ella ellie emmy evie frankie gus hallie hank
        harry hattie henry jack jake jay jenna joey josie jude kate katie kit lexi lily liv maggie mae maisie max maya
        mia millie molly nate nell nina nora otis penny polly remy rory sadie sally sasha tess theo toby tommy tony
        xander zach zeke
        """.split()  # noqa: SIM905
    )
)
"""Names that a child may be given though they are short for another one: twins are called Ella and Nora, and both are
short for Eleanor. Margaret, and Maggie, are one child."""
