import { vi } from "vitest";

class Field {
  value: string;
  checked: boolean;
  constructor(value: string, checked = false) {
    this.value = value;
    this.checked = checked;
  }
}
class Box extends Field {}
class Choice extends Field {}

/** Stands in for the page's fields, so that listeners can be told what was entered. */
export const stubFields = (): void => {
  vi.stubGlobal("HTMLInputElement", Field);
  vi.stubGlobal("HTMLTextAreaElement", Box);
  vi.stubGlobal("HTMLSelectElement", Choice);
};

/** An event of a field that now holds `value`. */
export const entered = (value: string, checked = false): { readonly target: object } => ({
  target: new Field(value, checked),
});
