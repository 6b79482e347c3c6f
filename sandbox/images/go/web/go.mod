module bay/images/web

go 1.24
