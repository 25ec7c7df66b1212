// A function of the runtime Go1, with the part of the platform's library that is called: `net/rpc` on a port.
package main

import (
	"fmt"
	"net"
	"net/rpc"
	"os"
	"time"
)

type PingRequest struct{}
type PingResponse struct{}

type Timestamp struct{ Seconds, Nanos int64 }

type InvokeRequest struct {
	Payload         []byte
	RequestId       string
	Deadline        Timestamp
	Namespace       string
	FunctionName    string
	FunctionVersion string
	MemoryLimitInMb int32
	TimeLimitInMs   int32
	Environment     string
}

type Frame struct {
	Path  string
	Line  int32
	Label string
}

type Failure struct {
	Message, Type string
	StackTrace    []*Frame
	ShouldExit    bool
}

type InvokeResponse struct {
	Payload []byte
	Error   *Failure
}

type Function struct{ count int }

func (*Function) Ping(*PingRequest, *PingResponse) error { return nil }

func (f *Function) Invoke(request *InvokeRequest, response *InvokeResponse) error {
	f.count++
	fmt.Println("got", string(request.Payload))
	switch string(request.Payload) {
	case `"error"`:
		response.Error = &Failure{Message: "no", Type: "errorString"}
	case `"panic"`:
		response.Error = &Failure{Message: "boom", Type: "runtimeError", StackTrace: []*Frame{{"main.go", 300, "main.handle"}}, ShouldExit: true}
	case `"rpc"`:
		return fmt.Errorf("the call failed")
	case `"exit"`:
		os.Exit(3)
	default:
		left := time.Until(time.Unix(request.Deadline.Seconds, request.Deadline.Nanos))
		response.Payload = []byte(fmt.Sprintf(`{"event":%s,"id":%d,"namespace":"%s","name":"%s","version":"%s","limits":[%d,%d],"environment":%s,"count":%d,"in time":%t}`,
			request.Payload, len(request.RequestId), request.Namespace, request.FunctionName, request.FunctionVersion,
			request.MemoryLimitInMb, request.TimeLimitInMs, request.Environment, f.count, left > 0 && left <= 3*time.Second))
	}
	return nil
}

func main() {
	listener, err := net.Listen("tcp", "0.0.0.0:"+os.Getenv("_LAMBDA_SERVER_PORT"))
	if err != nil {
		panic(err)
	}
	if err := rpc.Register(&Function{}); err != nil {
		panic(err)
	}
	rpc.Accept(listener)
}
