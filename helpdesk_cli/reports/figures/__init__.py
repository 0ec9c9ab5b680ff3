"""Figures: from what happened to tickets to numbers; every report, table and page takes them from here."""
