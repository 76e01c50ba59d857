package export

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"hibernet/agents/mlp"
)

// Names of the model's inputs and outputs, and the versions it is written in.
const (
	InputObs     = "obs"    // float32 [rows, fields], scaled as the schema says
	InputMask    = "mask"   // bool [rows, actions], true where allowed
	OutputLogits = "logits" // float32 [rows, actions], before masking
	OutputAction = "action" // int64 [rows], the allowed action with the highest logit

	irVersion    = 8  // ONNX 1.12 and later
	opsetVersion = 17 // of the default operator set
)

// Field numbers and enumeration values of onnx.proto (github.com/onnx/onnx,
// onnx/onnx.proto), of what a dense network needs.
const (
	modelIRVersion, modelProducer, modelGraph, modelOpset, modelMetadata = 1, 2, 7, 8, 14
	opsetVersionField                                                    = 2
	graphNode, graphName, graphInitializer, graphInput, graphOutput      = 1, 2, 5, 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute               = 1, 2, 3, 4, 5
	attrName, attrInt, attrType                                          = 1, 3, 20
	tensorDims, tensorType, tensorName, tensorRaw                        = 1, 2, 8, 9
	valueName, valueType, typeTensor, typeElem, typeShape                = 1, 2, 1, 1, 2
	shapeDim, dimValue, dimParam                                         = 1, 1, 2
	entryKey, entryValue                                                 = 1, 2

	attrTypeInt                           = 2
	elemFloat, elemInt64, elemBool uint64 = 1, 7, 9
)

// maskedLogit stands in for the logit of a forbidden action: lower than any
// that a network with finite weights gives in practice, and finite, so that
// no consumer has to treat infinities.
const maskedLogit = -1e30

// message is a protobuf message under construction.
type message []byte

func (m *message) text(field protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
}

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

func (m *message) integer(field protowire.Number, v uint64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), v)
}

// Entry is a key and a value in the model's metadata.
type Entry struct{ Key, Value string }

// ONNX returns the policy's network as an ONNX model: two inputs (obs, mask)
// and two outputs (logits, action), any number of rows. The metadata entries
// are written in the order given. Equal arguments give equal bytes. The error
// names what is wrong with the policy.
func ONNX(p *mlp.Policy, metadata []Entry) ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	graph, err := graphOf(p.Actor)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var model, opset message
	opset.integer(opsetVersionField, opsetVersion)
	model.integer(modelIRVersion, irVersion)
	model.text(modelProducer, "hibernet")
	model.bytes(modelGraph, graph)
	model.bytes(modelOpset, opset)
	for _, e := range metadata {
		var entry message
		entry.text(entryKey, e.Key)
		entry.text(entryValue, e.Value)
		model.bytes(modelMetadata, entry)
	}
	return model, nil
}

func graphOf(net *mlp.Net) (message, error) {
	op := map[string]string{mlp.Tanh: "Tanh", mlp.ReLU: "Relu"}[net.Activation]
	if op == "" {
		return nil, errors.New("activation " + net.Activation + " has no ONNX operator here")
	}
	var graph message
	x := InputObs
	last := len(net.W) - 1
	for l := range net.W {
		w, b, y := fmt.Sprintf("w%d", l), fmt.Sprintf("b%d", l), fmt.Sprintf("z%d", l)
		if l == last {
			y = OutputLogits
		}
		graph.bytes(graphNode, node("Gemm", []string{x, w, b}, y))
		if x = y; l < last {
			x = fmt.Sprintf("h%d", l)
			graph.bytes(graphNode, node(op, []string{y}, x))
		}
	}
	graph.bytes(graphNode, node("Where", []string{InputMask, OutputLogits, "forbidden"}, "allowed"))
	graph.bytes(graphNode, node("ArgMax", []string{"allowed"}, OutputAction, attribute("axis", 1), attribute("keepdims", 0)))
	graph.text(graphName, "policy")
	for l := range net.W {
		in, out := uint64(net.Sizes[l]), uint64(net.Sizes[l+1])
		graph.bytes(graphInitializer, tensor(fmt.Sprintf("w%d", l), net.W[l], in, out))
		graph.bytes(graphInitializer, tensor(fmt.Sprintf("b%d", l), net.B[l], out))
	}
	graph.bytes(graphInitializer, tensor("forbidden", []float32{maskedLogit}))
	in, out := uint64(net.In()), uint64(net.Out())
	graph.bytes(graphInput, value(InputObs, elemFloat, in))
	graph.bytes(graphInput, value(InputMask, elemBool, out))
	graph.bytes(graphOutput, value(OutputLogits, elemFloat, out))
	graph.bytes(graphOutput, value(OutputAction, elemInt64))
	return graph, nil
}

func node(op string, inputs []string, output string, attributes ...message) message {
	var m message
	for _, in := range inputs {
		m.text(nodeInput, in)
	}
	m.text(nodeOutput, output)
	m.text(nodeName, op+"_"+output)
	m.text(nodeOp, op)
	for _, a := range attributes {
		m.bytes(nodeAttribute, a)
	}
	return m
}

func attribute(name string, v uint64) message {
	var m message
	m.text(attrName, name)
	m.integer(attrInt, v)
	m.integer(attrType, attrTypeInt)
	return m
}

func tensor(name string, values []float32, dims ...uint64) message {
	var m message
	for _, d := range dims {
		m.integer(tensorDims, d)
	}
	m.integer(tensorType, elemFloat)
	m.text(tensorName, name)
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	m.bytes(tensorRaw, raw)
	return m
}

// value describes an input or output: rows, then the given dimensions.
func value(name string, elem uint64, dims ...uint64) message {
	var shape, rows, tensorOf, kind, m message
	rows.text(dimParam, "rows")
	shape.bytes(shapeDim, rows)
	for _, d := range dims {
		var dim message
		dim.integer(dimValue, d)
		shape.bytes(shapeDim, dim)
	}
	tensorOf.integer(typeElem, elem)
	tensorOf.bytes(typeShape, shape)
	kind.bytes(typeTensor, tensorOf)
	m.text(valueName, name)
	m.bytes(valueType, kind)
	return m
}
