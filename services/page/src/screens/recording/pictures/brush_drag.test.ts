import { describe, expect, it } from "vitest";

import { beginDrag } from "./brush_drag";

const NOW = { start_s: 100, span_s: 50, all_s: 1000 };

describe("a drag over the overview", () => {
  it("moves the stretch", () => {
    const drag = beginDrag(NOW, 120, 1000, "whole");
    expect(drag.move(121)).toBeNull();
    expect(drag.move(220)).toEqual({ start_s: 200, span_s: 50 });
    expect(drag.end(20)).toEqual({ start_s: 0, span_s: 50 });
  });

  it("moves one end, also past the other", () => {
    expect(beginDrag(NOW, 100, 1000, "start").move(80)).toEqual({ start_s: 80, span_s: 70 });
    expect(beginDrag(NOW, 150, 1000, "end").move(400)).toEqual({ start_s: 100, span_s: 300 });
    expect(beginDrag(NOW, 150, 1000, "end").move(60)).toEqual({ start_s: 60, span_s: 40 });
    expect(beginDrag(NOW, 150, 1000, "end").move(4000)).toEqual({ start_s: 100, span_s: 900 });
  });

  it("draws a new stretch beside it, in either direction", () => {
    expect(beginDrag(NOW, 500, 1000).end(600)).toEqual({ start_s: 500, span_s: 100 });
    expect(beginDrag(NOW, 500, 1000).end(-50)).toEqual({ start_s: 0, span_s: 500 });
  });

  it("draws within a stretch that is all there is", () => {
    const drag = beginDrag({ start_s: 0, span_s: 1000, all_s: 1000 }, 300, 1000, "whole");
    expect(drag.end(400)).toEqual({ start_s: 300, span_s: 100 });
  });

  it("is a click where it does not move: that brings the stretch there, and one on it changes nothing", () => {
    expect(beginDrag(NOW, 500, 1000).end(501)).toEqual({ start_s: 476, span_s: 50 });
    expect(beginDrag(NOW, 120, 1000, "whole").end(121)).toBeNull();
    expect(beginDrag({ start_s: 0, span_s: 1000, all_s: 1000 }, 300, 1000, "whole").end(300)).toBeNull();
  });
});
