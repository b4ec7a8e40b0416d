package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apiserver/pkg/endpoints/responsewriter"
)

// Faults inside the real API server, in front of everything else it does, so that they travel over
// its TLS, HTTP/1.1 and HTTP/2. No credentials are asked for. They end with the process.
//
//	PUT    /_fault   a JSON list of rules takes the place of all there were
//	GET    /_fault   the rules, each with how many requests it has "seen"
//	DELETE /_fault   none
//
// A request gets the first rule that matches it and is not used up.

// rule says which requests, and what becomes of them. Without status, body and content_length the
// request is served as ever; delay, headers and cut then act on the real response.
type rule struct {
	Method string `json:"method,omitempty"` // all if empty
	Path   string `json:"path,omitempty"`   // a prefix of path?query, or "prefix*part of the rest"
	Skip   int    `json:"skip,omitempty"`   // let so many matching requests pass first
	Times  int    `json:"times,omitempty"`  // then act so often; 0 is always

	DelayMS int               `json:"delay_ms,omitempty"`
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// A string is sent as its text, all else as JSON.
	Body json.RawMessage `json:"body,omitempty"`
	// The length that is announced, whatever the body's is.
	ContentLength *int64 `json:"content_length,omitempty"`
	// No more than so many bytes of the body, then as drop; with hang, then silence.
	Cut *int64 `json:"cut,omitempty"`
	// Send what status, body or cut give to send, if any, then nothing more, not even the end.
	Hang bool `json:"hang,omitempty"`
	// The same, then abort: HTTP/1.1 closes the connection, HTTP/2 resets the stream.
	Drop bool `json:"drop,omitempty"`

	Seen int `json:"seen"`
}

type faults struct {
	mu    sync.Mutex
	rules []*rule
}

func (f *faults) filter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_fault" {
			f.edit(w, r)
		} else if rule := f.match(r); rule != nil {
			rule.act(w, r, next)
		} else {
			next.ServeHTTP(w, r)
		}
	})
}

func (f *faults) edit(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.Method {
	case http.MethodPut:
		var rules []*rule
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&rules); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.rules = rules
	case http.MethodDelete:
		f.rules = []*rule{}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(f.rules)
}

func (f *faults) match(r *http.Request) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if !rule.matches(r) {
			continue
		}
		rule.Seen++
		if n := rule.Seen - rule.Skip; n > 0 && (rule.Times == 0 || n <= rule.Times) {
			return rule
		}
	}
	return nil
}

func (f *rule) matches(r *http.Request) bool {
	prefix, part, _ := strings.Cut(f.Path, "*")
	rest, ok := strings.CutPrefix(r.URL.RequestURI(), prefix)
	return ok && strings.Contains(rest, part) && (f.Method == "" || f.Method == r.Method)
}

func (f *rule) act(w http.ResponseWriter, r *http.Request, next http.Handler) {
	select {
	case <-time.After(time.Duration(f.DelayMS) * time.Millisecond):
	case <-r.Context().Done():
	}
	limited := &limiter{ResponseWriter: w, left: -1}
	if f.Cut != nil {
		limited.left = *f.Cut
		w = responsewriter.WrapForHTTP1Or2(limited) // a watch looks for Flush
	}
	for name, value := range f.Headers {
		w.Header().Set(name, value)
	}
	drop := f.Drop
	switch {
	case f.Status != 0 || f.Body != nil || f.ContentLength != nil:
		body := f.body()
		drop = drop || f.ContentLength != nil && *f.ContentLength > int64(len(body))
		f.answer(w, body)
	case f.Cut == nil && (f.Hang || f.Drop): // say nothing
	default:
		next.ServeHTTP(w, r)
	}
	if f.Hang {
		<-r.Context().Done()
	}
	if drop || limited.full {
		panic(http.ErrAbortHandler)
	}
}

func (f *rule) answer(w http.ResponseWriter, body []byte) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	if f.ContentLength != nil {
		w.Header().Set("Content-Length", strconv.FormatInt(*f.ContentLength, 10))
	}
	w.WriteHeader(max(f.Status, http.StatusOK))
	w.Write(body)
	if f.Hang || f.Drop || f.ContentLength != nil { // it is not yet over, or never
		http.NewResponseController(w).Flush()
	}
}

func (f *rule) body() []byte {
	var text string
	if json.Unmarshal(f.Body, &text) == nil {
		return []byte(text)
	}
	return f.Body
}

// limiter lets so many bytes of a body through, pushes them out, and fails from then on, which makes
// the handler end, even that of a watch.
type limiter struct {
	http.ResponseWriter
	left int64
	full bool
}

var errFull = errors.New("cut by a fault rule")

func (l *limiter) Unwrap() http.ResponseWriter { return l.ResponseWriter }

func (l *limiter) Write(p []byte) (int, error) {
	if l.full {
		return 0, errFull
	}
	n, err := l.ResponseWriter.Write(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	if l.left == 0 {
		l.full = true
		http.NewResponseController(l.ResponseWriter).Flush()
		err = errFull
	}
	return n, err
}
