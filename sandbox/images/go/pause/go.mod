module bay/images/pause

go 1.24
