// Package tensorboard writes the event files that TensorBoard draws curves
// from: a training's figures by iteration, as scalars.
//
// A file is a sequence of records (TFRecord): the length of the data as 8
// bytes, little-endian, the masked CRC-32C of these, the data, and its masked
// CRC-32C. The data is an Event of tensorflow/core/util/event.proto; the first
// one names the version of the format, each other one holds the scalars of a
// step. A file may be appended to while it is read, and its name must hold
// "tfevents". The package makes bytes and writes no files.
package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// FileName is a name that TensorBoard takes for that of an event file.
const FileName = "events.out.tfevents.hibernet"

// version is what the first event of a file says.
const version = "brain.Event:2"

// Numbers of the fields: of Event, Summary and Summary.Value.
const (
	eventWallTime    = 1 // double, s since 1970
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5 // Summary
	summaryValue     = 1 // repeated Value
	valueTag         = 1 // string
	valueSimple      = 2 // float
)

// Scalar is one figure. A slash in the tag parts it into groups of the page.
type Scalar struct {
	Tag   string
	Value float64
}

// AppendHeader appends the record that a file begins with. wall is the time of
// day, s since 1970.
func AppendHeader(dst []byte, wall float64) []byte {
	e := appendDouble(nil, eventWallTime, wall)
	e = protowire.AppendTag(e, eventFileVersion, protowire.BytesType)
	return appendRecord(dst, protowire.AppendString(e, version))
}

// AppendScalars appends the record of a step. Values that are not finite are
// left out: TensorBoard draws them as marks that hide the curve's scale.
func AppendScalars(dst []byte, wall float64, step int64, scalars []Scalar) []byte {
	var summary []byte
	for _, s := range scalars {
		if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
			continue
		}
		value := protowire.AppendTag(nil, valueTag, protowire.BytesType)
		value = protowire.AppendString(value, s.Tag)
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, value)
	}
	e := appendDouble(nil, eventWallTime, wall)
	e = protowire.AppendTag(e, eventStep, protowire.VarintType)
	e = protowire.AppendVarint(e, uint64(step))
	e = protowire.AppendTag(e, eventSummary, protowire.BytesType)
	return appendRecord(dst, protowire.AppendBytes(e, summary))
}

func appendDouble(dst []byte, field protowire.Number, x float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(dst, field, protowire.Fixed64Type), math.Float64bits(x))
}

// appendRecord frames data as a record.
func appendRecord(dst, data []byte) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(data)))
	dst = binary.LittleEndian.AppendUint32(dst, masked(dst[at:]))
	dst = append(dst, data...)
	return binary.LittleEndian.AppendUint32(dst, masked(data))
}

// masked is the CRC-32C of data, rotated and shifted as TFRecord has it, so
// that a record may itself hold checksums.
func masked(data []byte) uint32 {
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (crc>>15 | crc<<17) + 0xa282ead8
}
