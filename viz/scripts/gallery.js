each("gallery", function (root, still, live) {
  var figures = still.querySelectorAll("figure"), buttons = [], chosen = 0;
  var image = make("img", "display:block;max-width:100%;height:auto", {alt: ""});
  var title = make("div", "font-weight:600"), caption = make("div", "opacity:.75;white-space:pre-line");
  var large = make("div", "flex:0 1 auto;max-width:100%", {"aria-live": "polite"}, [title, image, caption]);
  function choose(i, focus) {
    chosen = (i + figures.length) % figures.length;
    var from = figures[chosen].querySelector("img");
    image.src = from.src;
    image.alt = from.alt;
    image.style.imageRendering = from.style.imageRendering;
    var scale = Math.max(1, 288 / Math.max(from.getAttribute("width"), from.getAttribute("height")));
    image.width = Math.round(from.getAttribute("width") * scale);
    image.height = Math.round(from.getAttribute("height") * scale);
    title.textContent = figures[chosen].dataset.title;
    caption.textContent = figures[chosen].dataset.caption;
    buttons.forEach(function (b, k) {
      b.setAttribute("aria-pressed", k === chosen);
      b.tabIndex = k === chosen ? 0 : -1;
      b.style.outline = k === chosen ? "3px solid #0072b2" : "none";
    });
    if (focus) buttons[chosen].focus();
  }
  figures.forEach(function (figure, i) {
    var from = figure.querySelector("img"), small = from.cloneNode();
    var scale = 72 / Math.max(from.getAttribute("width"), from.getAttribute("height"));
    small.setAttribute("width", Math.round(from.getAttribute("width") * scale));
    small.setAttribute("height", Math.round(from.getAttribute("height") * scale));
    small.alt = "";
    var b = make("button", "padding:0;border:0;background:none;cursor:pointer;line-height:0;margin:3px", {type: "button", "aria-label": from.alt}, [small]);
    b.addEventListener("click", function () { choose(i); });
    b.addEventListener("keydown", function (event) {
      var to = {ArrowRight: chosen + 1, ArrowDown: chosen + 1, ArrowLeft: chosen - 1, ArrowUp: chosen - 1, Home: 0, End: figures.length - 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(to, true);
    });
    buttons.push(b);
  });
  choose(0);
  live.append(make("div", "font-weight:600", {}, [root.dataset.title || ""]),
    make("div", "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start", {}, [large,
      make("div", "display:flex;flex-wrap:wrap;flex:1 1 180px;align-content:flex-start", {role: "group", "aria-label": root.dataset.title || "gallery"}, buttons)]));
});
