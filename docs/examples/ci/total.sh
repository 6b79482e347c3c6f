#!/bin/sh
# Prints the sum of the numbers that it is given.
set -eu
sum=0
for number; do
  sum=$((sum + number))
done
echo "$sum"
