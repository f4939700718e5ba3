"""What people bring: data sets, their own images in any format, and their scores in the quiz."""
