/** One measured figure against its limit. `met` is judged with the limit scaled by the machine's calibration, at most 1.5 times. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
  readonly met: boolean;
  /** How much slower than the reference machine this one was during the run; 1 is equal. */
  readonly calibration: number;
}

/** A figure before it is judged; `most`: at most the limit is good, `least`: at least the limit is. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
  readonly sense: "most" | "least";
  /** Sizes do not depend on how fast the machine is. */
  readonly scaled: boolean;
}

const MOST_SCALING = 1.5;

export const judge = (figure: Figure, calibration: number): BenchResult => {
  const scale = figure.scaled ? Math.min(Math.max(calibration, 1), MOST_SCALING) : 1;
  const met = figure.sense === "most" ? figure.value <= figure.limit * scale : figure.value >= figure.limit / scale;
  const { name, unit, limit } = figure;
  return {
    name,
    value: Number(figure.value.toPrecision(4)),
    unit,
    limit,
    met,
    calibration: Number(calibration.toFixed(2)),
  };
};

/** The value below which `share` of the samples lie. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
