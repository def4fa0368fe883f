import { LitElement } from "lit";

/** An element whose parts are in the page itself: one style sheet, plain labels, plain focus order. */
export abstract class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
