each("explorer", function (root, still, live) {
  var data = JSON.parse(root.dataset.explorer);
  var picture = still.querySelector("img[data-picture]"), levels = still.querySelector("img[data-levels]");
  var width = data.width, height = data.height, scale = data.scale;
  var canvas = make("canvas", "display:block;max-width:100%;height:auto", {width: width * scale, height: height * scale, role: "img"});
  var context = canvas.getContext("2d");
  var counterfactual = make("img", "display:block;max-width:100%;height:auto" + (data.sharp ? ";image-rendering:pixelated" : ""),
    {width: width * scale, height: height * scale, alt: ""});
  var caption = make("div", "opacity:.75;font-size:13px;min-height:1.3em");
  var level = null; // of each pixel: how many thresholds its activation reaches
  var count = make("div", "font-variant-numeric:tabular-nums");
  function read() {
    var copy = document.createElement("canvas");
    copy.width = width;
    copy.height = height;
    var c = copy.getContext("2d");
    c.drawImage(levels, 0, 0, width, height);
    var pixels = c.getImageData(0, 0, width, height).data;
    level = new Uint8Array(width * height);
    for (var i = 0; i < level.length; i++) level[i] = pixels[4 * i];
  }
  function draw(k) {
    if (!level) return;
    var inside = function (x, y) { return x >= 0 && y >= 0 && x < width && y < height && level[y * width + x] > k; };
    context.imageSmoothingEnabled = !data.sharp;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    var line = Math.max(2, Math.floor(scale / 3)), pixels = 0;
    for (var y = 0; y < height; y++) for (var x = 0; x < width; x++) {
      var left = x * scale, top = y * scale;
      if (!inside(x, y)) {
        context.fillStyle = "rgba(0,0,0,.55)";
        context.fillRect(left, top, scale, scale);
        continue;
      }
      pixels++;
      context.fillStyle = "#ffb000";
      if (!inside(x - 1, y)) context.fillRect(left, top, line, scale);
      if (!inside(x + 1, y)) context.fillRect(left + scale - line, top, line, scale);
      if (!inside(x, y - 1)) context.fillRect(left, top, scale, line);
      if (!inside(x, y + 1)) context.fillRect(left, top + scale - line, scale, line);
    }
    var share = 100 * pixels / (width * height);
    count.textContent = pixels + " of " + width * height + " pixels, " + share.toFixed(1) + " % of the picture";
    canvas.setAttribute("aria-label", "mask at threshold " + data.thresholds[k].text + ": " + count.textContent);
  }
  var at = slider("threshold", data.thresholds.length - 1, data.first, function (k) {
    draw(k);
    var found = still.querySelector('img[data-counterfactual="' + k + '"]');
    counterfactual.style.visibility = found ? "visible" : "hidden";
    if (found) { counterfactual.src = found.src; counterfactual.alt = found.alt; }
    caption.textContent = data.thresholds[k].note || (data.counterfactuals ? "none computed here" : "");
    return "threshold " + data.thresholds[k].text;
  });
  function begin() { read(); draw(+at.input.value); }
  Promise.all([picture.decode(), levels.decode()]).then(begin);
  var column = "width:" + width * scale + "px;max-width:100%";
  var stage = make("div", "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start", {},
    [make("div", column, {}, [make("div", "font-weight:600", {}, ["may change"]), canvas, count])]);
  if (data.counterfactuals)
    stage.append(make("div", column, {}, [make("div", "font-weight:600", {}, ["counterfactual"]), counterfactual, caption]));
  var map = still.querySelector("[data-map]");
  if (map) stage.append(map.cloneNode(true));
  live.append(make("div", "font-weight:600", {}, [root.dataset.title]), at.row, stage);
});
