"""What arXiv announced on a day, chosen, ordered, broken down."""
