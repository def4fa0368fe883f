/**
 * Vendors allow letters, digits, `_` and `-` in a tool's name; ours are words joined by dots and never hold `_`, so the two
 * forms correspond one to one. What a model invents comes back in our form and is judged there.
 */
export const toVendorName = (tool: string): string => tool.replaceAll(".", "_");

/** The inverse of `toVendorName`. */
export const fromVendorName = (name: string): string => name.replaceAll("_", ".");
