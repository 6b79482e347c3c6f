"""Kubernetes, made with kubeadm."""
