import { joinAll, label } from "@moltbot/contracts";
import type { Readers, ToolCall } from "@moltbot/contracts";

/** Who may know everything that had a part in a call: in its choice, in its arguments, in what a plan brought into them. */
export const audienceOf = ({ label: chosen, values = {}, planned }: ToolCall): Readers => {
  const labels = [chosen, ...Object.values(values), ...(planned?.from ?? []).map((one) => one.label)];
  return label("untrusted", joinAll(labels).readers).readers;
};

/** One text for one set of readers: `public`, or the sorted ids joined by a space. */
export const audienceName = (readers: Readers): string =>
  readers === "public" ? readers : [...readers].toSorted().join(" ");
