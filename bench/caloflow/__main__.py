from bench.caloflow.caloflow import main

main()
