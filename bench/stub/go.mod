module bay/bench/stub

go 1.25
