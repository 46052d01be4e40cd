// Answers each line of JSON with what Velero's parsers of cron make of it: go-cron since 1.18.3, robfig before.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	gocron "github.com/netresearch/go-cron"
	robfig "github.com/robfig/cron/v3"
)

type question struct {
	Dialect, Schedule string
	// The server's own time zone.
	Zone string
	// Seconds since 1970.
	After []int64
}

type answer struct {
	Error string `json:"error,omitempty"`
	// Seconds since 1970, null where there is no next run.
	Next []*int64 `json:"next"`
	// Of the zone at each `After`, in seconds.
	Offsets []int `json:"offsets"`
}

type schedule interface{ Next(time.Time) time.Time }

func parse(dialect, spec string) (result schedule, err error) {
	// As Velero does: a parser that panics refuses.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	if dialect == "robfig" {
		return robfig.ParseStandard(spec)
	}
	return gocron.ParseStandard(spec)
}

func answerTo(asked question) answer {
	zone, err := time.LoadLocation(asked.Zone)
	if err != nil {
		return answer{Error: err.Error()}
	}
	// What both parsers take for the zone of a server, and what "Local" stands for.
	time.Local = zone
	var found answer
	for _, after := range asked.After {
		_, offset := time.Unix(after, 0).In(zone).Zone()
		found.Offsets = append(found.Offsets, offset)
	}
	if asked.Schedule == "" {
		return found
	}
	parsed, err := parse(asked.Dialect, asked.Schedule)
	if err != nil {
		found.Error = err.Error()
		return found
	}
	for _, after := range asked.After {
		next := parsed.Next(time.Unix(after, 0))
		if next.IsZero() {
			found.Next = append(found.Next, nil)
			continue
		}
		seconds := next.Unix()
		found.Next = append(found.Next, &seconds)
	}
	return found
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := encoder.Encode(answerTo(asked)); err != nil {
			panic(err)
		}
	}
}
