// The one command in the containers of tests, whose images have no shell:
//
//	tool pause              waits until it is asked to end
//	tool sleep SECONDS
//	tool write FILE TEXT
//	tool exit CODE
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "pause":
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
		<-asked
		return nil
	case len(args) == 2 && args[0] == "sleep":
		seconds, err := strconv.Atoi(args[1])
		time.Sleep(time.Duration(seconds) * time.Second)
		return err
	case len(args) == 3 && args[0] == "write":
		return os.WriteFile(args[1], []byte(args[2]), 0o644)
	case len(args) == 2 && args[0] == "exit":
		code, err := strconv.Atoi(args[1])
		if err == nil {
			os.Exit(code)
		}
		return err
	}
	return fmt.Errorf("unknown command %q", args)
}
