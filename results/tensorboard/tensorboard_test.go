package tensorboard

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"testing"
)

// castagnoli is the checksum bit by bit (RFC 3720, appendix B.4).
func castagnoli(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			crc = crc>>1 ^ 0x82f63b78*(crc&1)
		}
	}
	return ^crc
}

// field is one field of a message, read without the library that wrote it.
type field struct {
	number int
	bits   uint64 // of a number
	bytes  []byte // of a string or message
}

func fields(data []byte) (list []field, err error) {
	varint := func() (x uint64) {
		for shift := 0; len(data) > 0; shift += 7 {
			b := data[0]
			data = data[1:]
			x |= uint64(b&127) << shift
			if b < 128 {
				return x
			}
		}
		err = fmt.Errorf("a varint is cut off")
		return 0
	}
	for len(data) > 0 && err == nil {
		key := varint()
		f := field{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			f.bits = varint()
		case 1:
			f.bits, data = binary.LittleEndian.Uint64(data), data[8:]
		case 2:
			n := varint()
			f.bytes, data = data[:n], data[n:]
		case 5:
			f.bits, data = uint64(binary.LittleEndian.Uint32(data)), data[4:]
		default:
			return nil, fmt.Errorf("wire type %d", key&7)
		}
		list = append(list, f)
	}
	return list, err
}

// event is what a record says.
type event struct {
	wall    float64
	step    int64
	version string
	scalars []Scalar
}

func decode(data []byte) (events []event, err error) {
	check := func(part []byte, want uint32) error {
		crc := castagnoli(part)
		if got := (crc>>15 | crc<<17) + 0xa282ead8; got != want {
			return fmt.Errorf("record %d: checksum %x, want %x", len(events), got, want)
		}
		return nil
	}
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		if err := check(data[:8], binary.LittleEndian.Uint32(data[8:])); err != nil {
			return nil, err
		}
		body := data[12 : 12+n]
		if err := check(body, binary.LittleEndian.Uint32(data[12+n:])); err != nil {
			return nil, err
		}
		data = data[16+n:]
		list, err := fields(body)
		if err != nil {
			return nil, err
		}
		var e event
		for _, f := range list {
			switch f.number {
			case 1:
				e.wall = math.Float64frombits(f.bits)
			case 2:
				e.step = int64(f.bits)
			case 3:
				e.version = string(f.bytes)
			case 5:
				if e.scalars, err = summary(f.bytes); err != nil {
					return nil, err
				}
			default:
				return nil, fmt.Errorf("event with field %d", f.number)
			}
		}
		events = append(events, e)
	}
	return events, nil
}

func summary(data []byte) (scalars []Scalar, err error) {
	values, err := fields(data)
	for _, v := range values {
		list, err := fields(v.bytes)
		if err != nil || len(list) != 2 || list[0].number != 1 || list[1].number != 2 {
			return nil, fmt.Errorf("value %v: %v", list, err)
		}
		scalars = append(scalars, Scalar{string(list[0].bytes), float64(math.Float32frombits(uint32(list[1].bits)))})
	}
	return scalars, err
}

func TestAnotherDecoderReadsWhatWasWritten(t *testing.T) {
	if got := castagnoli([]byte("123456789")); got != 0xe3069283 { // the check value of CRC-32C
		t.Fatalf("the test's own checksum gives %x", got)
	}
	long := make([]Scalar, 50)
	for i := range long {
		long[i] = Scalar{fmt.Sprintf("learning/figure_%d", i), float64(i) / 4}
	}
	data := AppendHeader(nil, 1.5e9)
	data = AppendScalars(data, 1.5e9+0.25, 0, []Scalar{{"return", -1.5}, {"kl", math.NaN()}, {"loss", math.Inf(1)}, {"größe", 0}})
	data = AppendScalars(data, 1.5e9+7, 1<<40, long)
	data = AppendScalars(data, 1.5e9+8, 3, nil)
	got, err := decode(data)
	want := []event{
		{wall: 1.5e9, version: "brain.Event:2"},
		{wall: 1.5e9 + 0.25, scalars: []Scalar{{"return", -1.5}, {"größe", 0}}},
		{wall: 1.5e9 + 7, step: 1 << 40, scalars: long},
		{wall: 1.5e9 + 8, step: 3},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (%v)\nwant %+v", got, err, want)
	}
	data[20] ^= 1
	if _, err := decode(data); err == nil {
		t.Error("a changed byte passes the checksum")
	}
}
