package record

// NumStates is the number of power states of a cell, the rungs of the ladder.
const NumStates = 8

// StateNames lists the power states from awake to deepest sleep, in the order
// of every array indexed by state in this package.
func StateNames() [NumStates]string {
	return [NumStates]string{"full", "half_trx", "quarter_trx", "backoff", "dtx", "carrier_sleep", "deep_sleep", "dormant"}
}

// StateShares is the share of time that a cell spent in each power state. The
// eight shares sum to 1 less the time without power in a fault; a transition counts for the state whose power is drawn
// during it.
type StateShares struct {
	ShareFull         float64 `parquet:"share_full" unit:"1" doc:"share of time at full power"`
	ShareHalfTRX      float64 `parquet:"share_half_trx" unit:"1" doc:"share of time with half of the transceiver chains"`
	ShareQuarterTRX   float64 `parquet:"share_quarter_trx" unit:"1" doc:"share of time with a quarter of the transceiver chains"`
	ShareBackoff      float64 `parquet:"share_backoff" unit:"1" doc:"share of time with transmit power back-off"`
	ShareDTX          float64 `parquet:"share_dtx" unit:"1" doc:"share of time in cell DTX"`
	ShareCarrierSleep float64 `parquet:"share_carrier_sleep" unit:"1" doc:"share of time in carrier sleep (light)"`
	ShareDeepSleep    float64 `parquet:"share_deep_sleep" unit:"1" doc:"share of time in deep sleep"`
	ShareDormant      float64 `parquet:"share_dormant" unit:"1" doc:"share of time dormant"`
}

// NewStateShares returns the shares of v, which is indexed by power state.
func NewStateShares(v [NumStates]float64) StateShares {
	return StateShares{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]}
}

// Array returns the shares indexed by power state.
func (s StateShares) Array() [NumStates]float64 {
	return [NumStates]float64{s.ShareFull, s.ShareHalfTRX, s.ShareQuarterTRX, s.ShareBackoff,
		s.ShareDTX, s.ShareCarrierSleep, s.ShareDeepSleep, s.ShareDormant}
}

// StateCells is the time-mean number of cells in each power state.
type StateCells struct {
	CellsFull         float64 `parquet:"cells_full" unit:"1" doc:"mean number of cells at full power"`
	CellsHalfTRX      float64 `parquet:"cells_half_trx" unit:"1" doc:"mean number of cells with half of the transceiver chains"`
	CellsQuarterTRX   float64 `parquet:"cells_quarter_trx" unit:"1" doc:"mean number of cells with a quarter of the transceiver chains"`
	CellsBackoff      float64 `parquet:"cells_backoff" unit:"1" doc:"mean number of cells with transmit power back-off"`
	CellsDTX          float64 `parquet:"cells_dtx" unit:"1" doc:"mean number of cells in cell DTX"`
	CellsCarrierSleep float64 `parquet:"cells_carrier_sleep" unit:"1" doc:"mean number of cells in carrier sleep (light)"`
	CellsDeepSleep    float64 `parquet:"cells_deep_sleep" unit:"1" doc:"mean number of cells in deep sleep"`
	CellsDormant      float64 `parquet:"cells_dormant" unit:"1" doc:"mean number of dormant cells"`
}

// NewStateCells returns the counts of v, which is indexed by power state.
func NewStateCells(v [NumStates]float64) StateCells {
	return StateCells{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]}
}

// Array returns the counts indexed by power state.
func (s StateCells) Array() [NumStates]float64 {
	return [NumStates]float64{s.CellsFull, s.CellsHalfTRX, s.CellsQuarterTRX, s.CellsBackoff,
		s.CellsDTX, s.CellsCarrierSleep, s.CellsDeepSleep, s.CellsDormant}
}

// StatePower is the time-mean power, in watts, drawn by all cells that were in
// each power state. They, PowerSiteW and the energy of transitions sum to a
// Step's PowerW.
type StatePower struct {
	PowerFullW         float64 `parquet:"power_full_w" unit:"W" doc:"mean power drawn by cells at full power"`
	PowerHalfTRXW      float64 `parquet:"power_half_trx_w" unit:"W" doc:"mean power drawn by cells with half of the transceiver chains"`
	PowerQuarterTRXW   float64 `parquet:"power_quarter_trx_w" unit:"W" doc:"mean power drawn by cells with a quarter of the transceiver chains"`
	PowerBackoffW      float64 `parquet:"power_backoff_w" unit:"W" doc:"mean power drawn by cells with transmit power back-off"`
	PowerDTXW          float64 `parquet:"power_dtx_w" unit:"W" doc:"mean power drawn by cells in cell DTX"`
	PowerCarrierSleepW float64 `parquet:"power_carrier_sleep_w" unit:"W" doc:"mean power drawn by cells in carrier sleep (light)"`
	PowerDeepSleepW    float64 `parquet:"power_deep_sleep_w" unit:"W" doc:"mean power drawn by cells in deep sleep"`
	PowerDormantW      float64 `parquet:"power_dormant_w" unit:"W" doc:"mean power drawn by dormant cells"`
}

// NewStatePower returns the powers of v (W), which is indexed by power state.
func NewStatePower(v [NumStates]float64) StatePower {
	return StatePower{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]}
}

// Array returns the powers (W) indexed by power state.
func (s StatePower) Array() [NumStates]float64 {
	return [NumStates]float64{s.PowerFullW, s.PowerHalfTRXW, s.PowerQuarterTRXW, s.PowerBackoffW,
		s.PowerDTXW, s.PowerCarrierSleepW, s.PowerDeepSleepW, s.PowerDormantW}
}
