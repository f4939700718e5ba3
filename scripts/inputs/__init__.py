"""What people bring: data sets, images of their own in any format, and their scores in the quiz."""
