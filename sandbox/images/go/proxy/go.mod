module bay/images/proxy

go 1.24
