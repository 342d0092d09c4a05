"""Our tables, as they are first made."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clever_roster.storage.django.fields import ExactField


class Migration(migrations.Migration):
    """As Django wrote it."""

    initial = True

    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("state_digest", ExactField(max_length=255, primary_key=True, serialize=False)),
                ("browser_digest", ExactField(db_index=True, max_length=255)),
                ("redirect_uri", models.TextField()),
                ("return_to", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("account", ExactField(max_length=255, null=True)),
                ("district", ExactField(max_length=255, null=True)),
                ("restarts", models.IntegerField()),
                ("purpose", ExactField(max_length=255)),
                ("identity", models.TextField(null=True)),
            ],
            options={
                "db_table": "clever_roster_attempts",
            },
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                ("code_digest", ExactField(max_length=255, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "clever_roster_codes",
            },
        ),
        migrations.CreateModel(
            name="Memo",
            fields=[
                ("key", ExactField(max_length=255, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("version", models.IntegerField()),
            ],
            options={
                "db_table": "clever_roster_memos",
            },
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("plan", ExactField(max_length=255)),
                ("actor", ExactField(max_length=255)),
                ("verb", ExactField(max_length=255)),
                ("section", ExactField(max_length=255)),
                ("account", ExactField(blank=True, max_length=255, null=True)),
            ],
            options={
                "verbose_name_plural": "journal",
                "db_table": "clever_roster_journal",
                "indexes": [models.Index(fields=["section", "id"], name="clever_roster_journal_section")],
            },
        ),
        migrations.CreateModel(
            name="MirrorPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", ExactField(max_length=255)),
                ("district", ExactField(max_length=255)),
                ("key", ExactField(max_length=255)),
                ("record", models.TextField()),
            ],
            options={
                "db_table": "clever_roster_mirror_people",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "district", "key"), name="clever_roster_one_mirror_person"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MirrorSection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", ExactField(max_length=255)),
                ("district", ExactField(max_length=255)),
                ("key", ExactField(max_length=255)),
                ("record", models.TextField()),
            ],
            options={
                "db_table": "clever_roster_mirror_sections",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "district", "key"), name="clever_roster_one_mirror_section"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("provider", ExactField(blank=True, max_length=255, null=True)),
                ("district", ExactField(blank=True, max_length=255, null=True)),
                ("section", ExactField(blank=True, max_length=255, null=True)),
                ("archived", models.BooleanField()),
                ("gone", models.BooleanField(default=False)),
                ("mode", ExactField(default="mirror", max_length=255)),
                ("pins", models.TextField(blank=True, default="")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "clever_roster_sections",
            },
        ),
        migrations.CreateModel(
            name="Enrollment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", ExactField(max_length=255)),
                ("origin", ExactField(max_length=255)),
                ("status", ExactField(max_length=255)),
                ("since", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("person", ExactField(blank=True, max_length=255, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clever_roster.section",
                    ),
                ),
            ],
            options={
                "db_table": "clever_roster_enrollments",
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", ExactField(max_length=255)),
                ("district", ExactField(max_length=255)),
                ("subject", ExactField(max_length=255)),
                ("linked_at", models.DateTimeField()),
                ("roles", ExactField(blank=True, default="", max_length=255)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "clever_roster_links",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "district", "subject"), name="clever_roster_one_account"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="section",
            constraint=models.UniqueConstraint(
                fields=("provider", "district", "section"), name="clever_roster_one_section"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrollment",
            constraint=models.UniqueConstraint(fields=("section", "role", "account"), name="clever_roster_one_seat"),
        ),
    ]
