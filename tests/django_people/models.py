"""People with a middle name, and with no email where there is none: children often have none."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Member(AbstractUser):
    middle_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(null=True, blank=True)  # noqa: DJ001 - NULL is "none", and the contract tells it from ""
