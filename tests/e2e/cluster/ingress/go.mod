module callboard.dev/e2e/cluster/ingress

go 1.25
