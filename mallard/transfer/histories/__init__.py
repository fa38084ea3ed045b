"""What other products and servers have kept, row by row, read as events of ours."""
