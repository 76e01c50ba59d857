package cli

import "github.com/spf13/cobra"

func newCalibrate(io IO) *cobra.Command {
	return group("calibrate", "Fit the models to measurements of your own",
		`Fit the models to measurements of your own, and say how well they then predict what was
held out: other stations, other places, other days. power fits power profiles to meter
readings, traffic fits the generator to imported traffic.`,
		"  hibernet calibrate power loads.csv.gz --energy energy.csv.gz --cells cells.csv.gz --energy-unit kWh --out calibration\n"+
			"  hibernet calibrate traffic beijing.parquet --out beijing",
		newCalibratePower(io), newCalibrateTraffic(io))
}
