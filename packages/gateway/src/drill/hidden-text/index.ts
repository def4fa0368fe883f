/** Sends texts that hide something through a real gateway, and looks at what people are shown of them. */
export { runHiddenText } from "./run-hidden-text.ts";
export type { HiddenTextWish } from "./run-hidden-text.ts";
export type { HiddenTextReport, Renderers, StillHidden } from "./report.ts";
