"""clever_roster: log in with Clever, link accounts, sync classrooms, find duplicate accounts."""
