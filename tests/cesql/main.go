// Answers what Knative makes of expressions and filters: a JSON object per line in, one per line out.
//
// In: {"expression": "...", "event": {...}}, {"trigger": {the filter and filters of a spec}, "event": {...}} or
// {"source": "..."}.
// Out: {"value": ...} or {"error": "..."}; of a trigger the value is whether the event passes, of a source how an
// EventType stores it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"

	cesql "github.com/cloudevents/sdk-go/sql/v2"
	sqlerrors "github.com/cloudevents/sdk-go/sql/v2/errors"
	"github.com/cloudevents/sdk-go/sql/v2/function"
	"github.com/cloudevents/sdk-go/sql/v2/parser"
	"github.com/cloudevents/sdk-go/sql/v2/runtime"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
	"go.uber.org/zap"
	eventing "knative.dev/eventing/pkg/apis/eventing/v1"
	"knative.dev/eventing/pkg/eventfilter"
	"knative.dev/eventing/pkg/eventfilter/attributes"
	"knative.dev/eventing/pkg/eventfilter/subscriptionsapi"
	"knative.dev/pkg/apis"
)

type question struct {
	Expression string                `json:"expression"`
	Trigger    *eventing.TriggerSpec `json:"trigger"`
	Event      map[string]any        `json:"event"`
	Source     string                `json:"source"`
}

type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

func main() {
	os.Stderr, _ = os.Open(os.DevNull) // the lexer complains there
	if err := runtime.AddFunction(verifyCorrelationID); err != nil {
		os.Exit(1)
	}
	questions, answers := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	for questions.More() {
		var asked question
		if err := questions.Decode(&asked); err != nil {
			log.SetOutput(os.Stdout)
			log.Fatalf("no question: %v", err)
		}
		if err := answers.Encode(respond(asked)); err != nil {
			os.Exit(1)
		}
	}
}

// The signature of the function that the broker adds (pkg/requestreply/cesql.go); where that one asks a Secret, any id
// of three parts will do.
var verifyCorrelationID = function.NewFunction(
	"KN_VERIFY_CORRELATION_ID",
	[]cesql.Type{cesql.StringType, cesql.StringType, cesql.StringType, cesql.StringType, cesql.IntegerType, cesql.IntegerType},
	nil,
	cesql.BooleanType,
	func(_ event.Event, arguments []any) (any, error) {
		return strings.Count(arguments[0].(string), ":") == 2, nil
	},
)

func respond(asked question) (given answer) {
	defer func() {
		if recover() != nil {
			given = answer{Error: "panic"}
		}
	}()
	if asked.Source != "" {
		stored, err := apis.ParseURL(asked.Source)
		if err != nil {
			return answer{Error: "source: " + err.Error()}
		}
		return answer{Value: stored.String()}
	}
	told, err := eventOf(asked.Event)
	if err != nil {
		return answer{Error: "event: " + err.Error()}
	}
	if asked.Trigger != nil {
		return answer{Value: passes(asked.Trigger, told)}
	}
	parsed, err := parse(asked.Expression)
	if err != nil {
		return answer{Error: "parse"}
	}
	value, err := parsed.Evaluate(told)
	if err != nil {
		return answer{Error: kind(err)}
	}
	return answer{Value: value}
}

// As the broker does it (pkg/broker/filter).
func passes(trigger *eventing.TriggerSpec, told event.Event) bool {
	filter := subscriptionsapi.NewNoFilter()
	switch {
	case len(trigger.Filters) > 0:
		filter = subscriptionsapi.CreateSubscriptionsAPIFilters(zap.NewNop(), trigger.Filters)
	case trigger.Filter != nil:
		filter = attributes.NewAttributesFilter(trigger.Filter.Attributes)
	}
	return filter.Filter(context.Background(), told) != eventfilter.FailFilter
}

type evaluable interface {
	Evaluate(event.Event) (any, error)
}

// The parser panics at some texts; the webhook then takes them for wrong.
func parse(text string) (parsed evaluable, err error) {
	defer func() {
		if recover() != nil {
			err = sqlerrors.NewParseError([]error{context.Canceled})
		}
	}()
	return parser.Parse(text)
}

func eventOf(values map[string]any) (event.Event, error) {
	told := event.New(event.CloudEventsVersionV1)
	for name, value := range values {
		if number, ok := value.(float64); ok {
			value = int32(number)
		}
		if err := spec.V1.SetAttribute(told.Context, name, value); err != nil {
			return told, err
		}
	}
	return told, nil
}

func kind(err error) string {
	switch {
	case sqlerrors.IsMathError(err):
		return "math"
	case sqlerrors.IsCastError(err):
		return "cast"
	case sqlerrors.IsMissingAttributeError(err):
		return "missingAttribute"
	case sqlerrors.IsMissingFunctionError(err):
		return "missingFunction"
	case sqlerrors.IsFunctionEvaluationError(err):
		return "functionEvaluation"
	default:
		return "generic"
	}
}
