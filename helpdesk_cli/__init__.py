"""desk: the email helpdesk for people who live in a shell, git and mail."""

__version__ = "0.1.0"
