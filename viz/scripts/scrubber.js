each("scrubber", function (root, still, live) {
  var frames = still.querySelectorAll("[data-frame]");
  var stage = make("div", "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start");
  var largest = Math.min(256, +root.dataset.side);
  // A place for each kind of picture that any frame has, in their order; a frame without one leaves it empty, so that nothing jumps.
  var places = {};
  frames.forEach(function (frame) {
    frame.querySelectorAll("img").forEach(function (image) {
      var kind = image.dataset.kind;
      if (places[kind]) return;
      var scale = largest / Math.max(image.getAttribute("width"), image.getAttribute("height"));
      var copy = image.cloneNode();
      copy.setAttribute("width", Math.round(image.getAttribute("width") * scale));
      copy.setAttribute("height", Math.round(image.getAttribute("height") * scale));
      places[kind] = copy;
      stage.append(make("div", "width:" + copy.getAttribute("width") + "px;max-width:100%", {}, [make("div", "font-weight:600", {}, [kind]), copy]));
    });
  });
  var timer = null;
  var at = slider(root.dataset.title || "step", frames.length - 1, frames.length - 1, function (i) {
    Object.keys(places).forEach(function (kind) {
      var source = Array.prototype.find.call(frames[i].querySelectorAll("img"), function (image) { return image.dataset.kind === kind; });
      places[kind].style.visibility = source ? "visible" : "hidden";
      if (source) { places[kind].src = source.src; places[kind].alt = source.alt; }
    });
    return frames[i].dataset.frame;
  });
  function stop() { clearInterval(timer); timer = null; play.textContent = "▶"; play.setAttribute("aria-label", "play"); }
  var play = button("▶", "play", function () {
    if (timer) return stop();
    if (+at.input.value === frames.length - 1) at.set(0);
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "pause");
    timer = setInterval(function () {
      var next = +at.input.value + 1;
      if (next >= frames.length || !root.isConnected) return stop();
      at.set(next);
    }, 500);
  });
  at.input.addEventListener("input", stop);
  if (frames.length > 1) at.row.prepend(play);
  else at.input.style.display = "none";
  live.append(make("div", "font-weight:600", {}, [root.dataset.title || ""]), at.row, stage);
});
