"""Names of people who do not exist: tables by tradition, common names first, and a draw that is skewed like real life.

A few names are very common and most are rare, which is what makes matching by name hard. Several scripts occur, names
with two words, hyphens and apostrophes, and the same name composed (NFC) and decomposed (NFD). There is deliberately
no table of nicknames here: a matcher must not be judged on a list that it shares with the generator.
"""
# ruff: noqa: RUF001 - letters of one script that look like another's are what these tables are for

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar
from unicodedata import normalize

import attrs

__all__ = ["TRADITIONS", "DrawnName", "Tradition", "draw_name", "mailbox"]

Item = TypeVar("Item")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(normalize("NFC", name.strip()) for name in text.replace("\n", " ").split(",") if name.strip())


def _zipf(size: int) -> tuple[float, ...]:
    return tuple(accumulate(1 / (rank + 3) for rank in range(size)))


def _skewed(rng: Random, items: Sequence[Item], cumulative: Sequence[float]) -> Item:
    return items[bisect(cumulative, rng.random() * cumulative[-1], 0, len(items) - 1)]


@attrs.frozen(kw_only=True)
class Tradition:
    """Given and family names that go together, the most common first.

    Attributes:
        share: how often people of this tradition occur, relative to the others.
        joined: how often a family name is two, and what stands between them.
    """

    share: float
    given: tuple[str, ...]
    family: tuple[str, ...]
    joined: tuple[float, str] = (0.02, "-")
    given_weights: tuple[float, ...] = attrs.field(
        init=False, default=attrs.Factory(lambda self: _zipf(len(self.given)), takes_self=True)
    )
    family_weights: tuple[float, ...] = attrs.field(
        init=False, default=attrs.Factory(lambda self: _zipf(len(self.family)), takes_self=True)
    )

    def decomposed(self, share: float) -> Tradition:
        """The same names as a system writes them that stores accents apart from their letters (NFD)."""
        return Tradition(
            share=share,
            given=tuple(normalize("NFD", name) for name in self.given),
            family=tuple(normalize("NFD", name) for name in self.family),
            joined=self.joined,
        )


@attrs.frozen(repr=False)
class DrawnName:
    """One name."""

    first: str
    middle: str
    last: str


ENGLISH = Tradition(
    share=38,
    given=_listed("""
    Liam, Olivia, Noah, Emma, Oliver, Charlotte, James, Amelia, Elijah, Sophia, Mason, Isabella, Lucas, Mia, Levi,
    Evelyn, Ezra, Harper, Asher, Luna, Leo, Camila, Benjamin, Gianna, Hudson, Elizabeth, Jack, Eleanor, Henry, Ella,
    Theodore, Abigail, Samuel, Sofia, David, Avery, Joseph, Scarlett, Carter, Emily, Owen, Aria, Wyatt, Penelope, John,
    Chloe, Luke, Layla, Gabriel, Mila, Anthony, Nora, Isaac, Hazel, Grayson, Madison, Dylan, Ellie, Julian, Lily,
    Jayden, Nova, Jaxon, Isla, Lincoln, Grace, Joshua, Violet, Christopher, Aurora, Andrew, Riley, Mateo, Zoey, Caleb,
    Willow, Ryan, Emilia, Nathan, Stella, Thomas, Zoe, Aaron, Victoria, Charles, Hannah, Josiah, Addison, Hunter,
    Leah, Eli, Lucy, Jonathan, Eliana, Connor, Ivy, Landon, Everly, Adrian, Lillian, Cameron, Paisley, Nicholas, Elena,
    Robert, Naomi, Dominic, Maya, Austin, Natalie, Angel, Kinsley, Jordan, Delilah, Cooper, Claire, Brandon, Audrey,
    Kevin, Aaliyah, Tyler, Ruby, Parker, Brooklyn, Jaden, Alice, Zachary, Aubrey, Gavin, Autumn, Kayden, Leilani,
    Blake, Savannah, Chase, Valentina, Marcus, Kennedy, Tristan, Madelyn, Malik, Josephine, Deshawn, Bella, Tyrone,
    Skylar, Jamal, Genesis, Darius, Sarah, Trevon, Quinn, Micah, Hadley, Kai, Piper, Beau, Jade, Silas, Margaret,
    Rhett, Peyton, Brooks, Ximena, Waylon, Tessa, Kaleb, Imani, Kaylee, Keisha, Destiny, Shanice, Ebony, Mary Ann,
    Anna-Lee, D'Andre, Ja'Nae, La'Shawn, Jo-Beth, Mary-Kate, Billie Jo, Tamika, Precious, Nevaeh
    """),
    family=_listed("""
    Smith, Johnson, Williams, Brown, Jones, Davis, Miller, Wilson, Anderson, Thomas, Taylor, Moore, Jackson, Martin,
    Lee, Thompson, White, Harris, Clark, Lewis, Robinson, Walker, Young, Allen, King, Wright, Scott, Hill, Green, Adams,
    Nelson, Baker, Hall, Campbell, Mitchell, Carter, Roberts, Turner, Phillips, Evans, Parker, Edwards, Collins,
    Stewart, Morris, Murphy, Cook, Rogers, Morgan, Cooper, Peterson, Reed, Bailey, Bell, Kelly, Howard, Ward, Cox,
    Richardson, Wood, Watson, Brooks, Bennett, Gray, James, Hughes, Price, Myers, Long, Foster, Sanders, Ross, Powell,
    Sullivan, Russell, Butler, Barnes, Fisher, Henderson, Coleman, Patterson, Jordan, Reynolds, Hamilton, Graham,
    Wallace, Cole, West, Hayes, Bryant, Gibson, Ellis, Stevens, Murray, Ford, Marshall, Owens, McDonald, Harrison,
    Kennedy, Wells, Woods, Henry, Freeman, Webb, Tucker, Burns, Crawford, Olson, Simpson, Porter, Hunter, Gordon, Shaw,
    Snyder, Mason, Dixon, Hunt, Hicks, Holmes, Palmer, Wagner, Black, Robertson, Boyd, Stone, Salazar, Fox, Warren,
    Mills, Meyer, Rice, Schmidt, Daniels, Ferguson, Nichols, Stephens, Weaver, Ryan, Gardner, Payne, Grant, Dunn,
    Kelley, Spencer, Hawkins, Arnold, Pierce, Hansen, Peters, Hart, Elliott, Cunningham, Knight, Bradley, O'Brien,
    O'Connor, O'Neill, D'Angelo, McAllister, MacLeod, St. James, Van Houten, De Groot, Fitzgerald, Washington,
    Jefferson, Banks, Booker, Lovelace, Wentworth, Ashford, Pemberton, Thistlewood, Quillfeather, Oakes-Barrow
    """),
)
SPANISH = Tradition(
    share=24,
    given=_listed("""
    Santiago, Sofía, Mateo, Valentina, Sebastián, Isabella, Diego, Camila, Ángel, María, Alejandro, Ximena, Emiliano,
    Lucía, José, Victoria, Luis, Daniela, Carlos, Renata, Juan, Mariana, Jesús, Andrea, Miguel, Fernanda, Gael, Natalia,
    Leonardo, Regina, Andrés, Alejandra, Javier, Gabriela, Iván, Ana Sofía, Adrián, Paola, Héctor, Guadalupe, Óscar,
    Itzel, Joaquín, Yaretzi, Raúl, Inés, Martín, Belén, Tomás, Rocío, Nicolás, Araceli, Rubén, Esperanza, Efraín,
    Xóchitl, Íñigo, Begoña, Luis Ángel, José María, María José, Ana-Lucía
    """),
    family=_listed("""
    García, Rodríguez, Martínez, Hernández, López, González, Pérez, Sánchez, Ramírez, Torres, Flores, Rivera, Gómez,
    Díaz, Cruz, Reyes, Morales, Gutiérrez, Ortiz, Ramos, Chávez, Ruiz, Mendoza, Álvarez, Castillo, Jiménez, Vásquez,
    Romero, Herrera, Medina, Aguilar, Guzmán, Vargas, Muñoz, Castro, Méndez, Salazar, Soto, De La Cruz, Garza, Peña,
    Rojas, Núñez, Delgado, Ríos, Contreras, Silva, Garcia-Lopez, Luna, Maldonado, Zamora, Ibáñez, De León, Cárdenas,
    Ochoa, Treviño, De la Torre, Zúñiga, Montoya, Quiñones, Echeverría, Santa María, Urrutia, Xicoténcatl
    """),
    joined=(0.18, " "),
)
EUROPEAN = Tradition(
    share=8,
    given=_listed("""
    Zoé, François, Chloë, Jürgen, Søren, Björn, Åsa, Łukasz, Agnieszka, Małgorzata, Ștefan, Ioana, João, Conceição,
    Inês, Gonçalo, Renée, Noël, Anaïs, Hélène, Jérôme, Øyvind, Sigríður, Þór, Jiří, Markéta, Žofie, Ödön, Zsófia, İpek,
    Çağla, Gökhan, Işıl, Eleni, Dimitrios, Niamh, Siobhán, Seán, Caoimhe, Giuseppe, Chiara, Lorenzo, Anneliese, Lars
    """),
    family=_listed("""
    Müller, Schröder, Nowak, Kowalska, Wiśniewski, Łukaszewicz, da Silva, dos Santos, Gonçalves, Lefèvre, Béranger,
    Dubois, L'Écuyer, d'Aubigné, Jørgensen, Ångström, Sjöberg, Sæbø, Guðmundsdóttir, Dvořák, Novotná, Škoda, Kovács,
    Szőke, Popescu, Ionuț, Yılmaz, Şahin, Öztürk, Çelik, Papadopoulou, Ó Briain, Ní Dhomhnaill, van der Berg,
    von Württemberg, Rossi, Esposito, D'Amico, Größmann, Weiß, Strauß-Kahn, Ibarrondo-Etxeberria
    """),
)
VIETNAMESE = Tradition(
    share=5,
    given=_listed("""
    Minh Anh, Thị Hoa, Anh, Huy, Linh, Khôi, Ngọc, Đức, Trang, Bảo, Thảo, Phúc, Hương, Quân, Văn Nam, Thị Mai, Tuấn,
    Vy, Long, My, Khánh, Duy, Nhi, Hải, Yến, An, Tâm, Kiệt, Uyên, Phương, Thanh Tùng, Bích Ngọc
    """),
    family=_listed("""
    Nguyễn, Trần, Lê, Phạm, Nguyen Thi, Huỳnh, Hoàng, Phan, Vũ, Võ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý, Nguyen, Tran,
    Trịnh, Đinh, Lâm, Phùng, Mai, Tôn Thất, Tô, Vương, Tạ, Thái, Quách
    """),
)
CHINESE_LATIN = Tradition(
    share=4,
    given=_listed("""
    Wei, Mei, Jun, Xin Yi, Hao, Yu-Ting, Ming, Li Na, Jia Hui, Zi Xuan, Chun-Hua, Bo, Ying, Tao, Xiu Ying, Lei, Ya-Wen,
    Kai, Shu Fen, Yang, Min, Qiang, Hsin-Yi, Jing, Peng, Rui, Yan, Zhi Wei
    """),
    family=_listed("""
    Wang, Li, Zhang, Liu, Chen, Yang, Huang, Zhao, Wu, Zhou, Xu, Sun, Ma, Zhu, Hu, Guo, He, Lin, Gao, Luo, Zheng, Liang,
    Hsieh, Tang, Ouyang, Feng, Yu, Dong, Xiao, Cheng, Cao, Yuan, Deng, Hsu, Au-Yeung, Tsai, Situ
    """),
)
CHINESE = Tradition(
    share=1.2,
    given=_listed("梓涵, 浩然, 欣怡, 子轩, 雨桐, 宇航, 诗涵, 伟, 芳, 娜, 俊杰, 思琪, 明轩, 美玲, 志强, 婷婷, 博文, 静"),
    family=_listed("王, 李, 张, 刘, 陈, 杨, 黄, 赵, 吴, 周, 徐, 孙, 马, 朱, 胡, 郭, 欧阳, 司马, 林, 何, 高, 梁"),
    joined=(0, ""),
)
HANGUL = Tradition(
    share=1.2,
    given=_listed("서연, 민준, 지우, 서준, 하은, 도윤, 수아, 예준, 지민, 주원, 채원, 현우, 윤서, 지훈, 은지, 성민"),
    family=_listed("김, 이, 박, 최, 정, 강, 조, 윤, 장, 임, 한, 오, 서, 신, 권, 황, 남궁, 선우"),
    joined=(0, ""),
)
KOREAN_LATIN = Tradition(
    share=2,
    given=_listed(
        "Seo-yeon, Min-jun, Ji-woo, Do-yun, Ha-eun, Ye-jun, Su-a, Ji-hun, Eun-ji, Hyun-woo, Chae-won, Ji Min"
    ),
    family=_listed("Kim, Lee, Park, Choi, Jung, Kang, Cho, Yoon, Jang, Lim, Han, Oh, Seo, Shin, Kwon, Hwang, Namgung"),
)
ARABIC = Tradition(
    share=1.2,
    given=_listed("محمد, فاطمة, أحمد, مريم, علي, عائشة, عمر, زينب, يوسف, نور, خالد, ليلى, إبراهيم, سارة, حسن, هدى"),
    family=_listed("الحسن, العلي, المصري, حداد, خوري, الأحمد, السيد, عبد الله, النجار, الخطيب, منصور, قاسم, بن علي"),
    joined=(0, ""),
)
ARABIC_LATIN = Tradition(
    share=4,
    given=_listed("""
    Mohammed, Fatima, Ahmed, Maryam, Ali, Aisha, Omar, Zainab, Yousef, Noor, Khalid, Layla, Ibrahim, Sara, Hassan, Huda,
    Abdullah, Amira, Mustafa, Yasmin, Abd al-Rahman, Salma, Bilal, Rania, Tariq, Dalia, Karim, Samira, Nour El Houda
    """),
    family=_listed("""
    Ahmed, Ali, Hassan, Al-Hassan, Khan, Haddad, Khoury, El-Sayed, Al Masri, Mansour, Abdallah, Ben Ali, Najjar, Aziz,
    Al-Khatib, Qasim, Bin Rashid, Saleh, Hamdan, Nasser, Abd El-Rahman, Farah, Osman, Mohamud, Abdi, Warsame
    """),
)
CYRILLIC = Tradition(
    share=1,
    given=_listed(
        "Анастасия, Александр, Мария, Дмитрий, Дарья, Максим, Софія, Іван, Олена, Андрій, Полина, Кирилл, Юлія"
    ),
    family=_listed(
        "Иванова, Смирнов, Шевченко, Коваленко, Петров, Бондаренко, Кузнецова, Мельник, Попов, Ґедзь, Їжакевич"
    ),
    joined=(0, ""),
)
SLAVIC_LATIN = Tradition(
    share=2,
    given=_listed("""
    Anastasia, Dmitri, Olena, Ivan, Svetlana, Maksim, Daria, Andriy, Kateryna, Oleksandr, Nadia, Yuri, Vera
    """),
    family=_listed(
        "Ivanova, Shevchenko, Kovalenko, Petrov, Melnyk, Popov, Bondarenko, Smirnov, Kuznetsova, Hrynyk-Boyko"
    ),
)
DEVANAGARI = Tradition(
    share=0.8,
    given=_listed("""
    आरव, अनन्या, विवान, दिया, अर्जुन, प्रिया, रोहन, काव्या, आदित्य, मीरा, कृष्ण, लक्ष्मी, सिद्धार्थ, श्रेया
    """),
    family=_listed("शर्मा, वर्मा, पटेल, सिंह, गुप्ता, मिश्रा, यादव, जोशी, त्रिपाठी, कुलकर्णी, चतुर्वेदी"),
    joined=(0, ""),
)
INDIAN_LATIN = Tradition(
    share=4,
    given=_listed("""
    Aarav, Ananya, Vihaan, Diya, Arjun, Priya, Rohan, Kavya, Aditya, Meera, Krishna, Lakshmi, Siddharth, Shreya,
    Harpreet, Gurpreet, Ishaan, Saanvi, Vikram, Anjali, Rahul, Pooja, Nikhil, Sneha, Sai Kiran, Venkata Ramana, Navya,
    Jaspreet
    """),
    family=_listed("""
    Patel, Singh, Kaur, Sharma, Kumar, Shah, Gupta, Reddy, Rao, Desai, Mehta, Iyer, Nair, Joshi, Verma, Chaudhary, Das,
    Banerjee, Chatterjee, Mukherjee, Krishnamurthy, Venkataraman, Subramaniam, Gill, Sandhu, Bhattacharya, Pillai
    """),
)
AFRICAN = Tradition(
    share=3,
    given=_listed("""
    Chidi, Amara, Kwame, Ama, Oluwaseun, Adaeze, Kofi, Ngozi, Tunde, Zuri, Thabo, Nomvula, Sekou, Aminata, Ọláolúwa,
    Folasadé, Yaw, Akosua, Tesfaye, Hiwot, Abebe, Selam, Ng'endo, Wanjirũ
    """),
    family=_listed("""
    Okafor, Mensah, Adeyemi, Nwosu, Diallo, N'Diaye, Traoré, Mbeki, Boateng, Owusu, Ọ̀ṣúnbọ̀, Adébáyọ̀, Tesfaye, Bekele,
    Haile, Ng'ang'a, M'Bala, Koné, Touré, Nkosi, Dlamini, wa Thiong'o, Eze, Abubakar
    """),
)
PACIFIC = Tradition(
    share=2,
    given=_listed("""
    Kekoa, Leilani, Malia, Kaʻimi, Hoku, Sione, Mele, Tavita, Lupe, Ka'iulani, Jun-Jun, Ligaya, Maricel, Pao, Mai Yer
    """),
    family=_listed("""
    Kahananui, Kealoha, Kamakawiwoʻole, Ka'ahumanu, Tuiasosopo, Fa'alogo, Tupou, Santos, Dela Cruz, Bautista, Ocampo,
    Macaraeg, Vang, Xiong, Yang, Lor, Moua, Thao, Begay, Yazzie, Tsosie, Two Bulls, Iron Cloud
    """),
)

TRADITIONS = (
    ENGLISH,
    SPANISH,
    EUROPEAN,
    VIETNAMESE,
    CHINESE_LATIN,
    ARABIC_LATIN,
    INDIAN_LATIN,
    AFRICAN,
    PACIFIC,
    SLAVIC_LATIN,
    KOREAN_LATIN,
    SPANISH.decomposed(2),
    EUROPEAN.decomposed(1),
    CHINESE,
    HANGUL,
    ARABIC,
    CYRILLIC,
    DEVANAGARI,
)
"""Every tradition, the most frequent first."""

_SHARES = tuple(accumulate(tradition.share for tradition in TRADITIONS))


def draw_name(rng: Random, *, last: str | None = None) -> DrawnName:
    """Draw a name; a family name that is given is kept (siblings, guardians)."""
    tradition = _skewed(rng, TRADITIONS, _SHARES)
    first = _skewed(rng, tradition.given, tradition.given_weights)
    chance = rng.random()
    middle = _skewed(rng, tradition.given, tradition.given_weights) if chance > 0.75 else ""
    if last is None:
        last = _skewed(rng, tradition.family, tradition.family_weights)
        often, between = tradition.joined
        if chance < often:
            last = f"{last}{between}{_skewed(rng, tradition.family, tradition.family_weights)}"
    return DrawnName(first, middle, last)


def mailbox(first: str, last: str) -> str:
    """What a school makes of a name before the @ sign: ASCII letters and a dot; "" when no letter is left."""
    parts = (_letters(first), _letters(last))
    return ".".join(part for part in parts if part)


def _letters(name: str) -> str:
    if not name.isascii():
        name = normalize("NFKD", name).encode("ascii", "ignore").decode()
    return name.lower() if name.isalpha() else "".join(letter for letter in name.lower() if letter.isalpha())
