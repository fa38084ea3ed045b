"""What Mallard says to people, in their language: texts, and how numbers and dates are written."""
