"""Results as lines of text for a terminal, or as csv and JSON; nothing is computed here.

A page draws the result types of one room: `chain_page`, `comparison_page`, `study_page`, `lake`. `text` draws tables and answers.
"""
