/**
 * Takes what another assistant kept. Everything comes in as nobody's word, for the owner alone, with a source that names the
 * import; what was taken before is recognised and not taken twice. It decides nothing and never widens what anybody may do, but
 * for the agents it creates, which start as every new agent does. The operation `imports.take` enters here.
 */
export { takeImport } from "./take-import.ts";
export type { TakePorts } from "./take-import.ts";
