//! The page of each library scenario in a browser, on a laptop, a tablet and a phone: nothing runs out of it, nothing is
//! too small to be read. Wants Chromium, named by `GLEANER_CHROMIUM`; without it, nothing is tested.

use std::fs;
use std::process::Command;

use crate::run::{Workdir, root};

/// Widths of windows: a small laptop, a tablet, and a phone.
const WIDTHS: [u32; 3] = [1280, 768, 400];

/// What the page measures of itself, all of its explanations open: its own width and its window's, boxes
/// whose content is wider than they are, and the height of the smallest text of a drawing that is seen.
const MEASURE: &str = r#"<script>
addEventListener("load", () => setTimeout(() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const seen = element => element.getClientRects().length > 0;
  const boxes = [...document.querySelectorAll(".scroll, .drawing, .card, figure, pre, nav")];
  const wider = boxes.filter(box => seen(box) && box.scrollWidth > box.clientWidth + 1);
  const heights = [...document.querySelectorAll(".drawing svg text")].filter(seen)
    .map(text => text.getBoundingClientRect().height);
  parent.postMessage([
    innerWidth, document.scrollingElement.scrollWidth, wider.map(box => `${box.className || box.tagName}:${box.scrollWidth - box.clientWidth}`).join("+") || "none",
    Math.min(99, ...heights).toFixed(1), document.querySelectorAll('#clusters ~ .scroll tbody tr').length,
  ].join(" "), "*");
}, 500));
</script>"#;

/// What is measured of a page in a window of a width.
#[derive(Debug)]
struct Measured {
    window: u32,
    page: u32,
    wider: String,
    text: f64,
    rows: u32,
}

#[test]
fn pages_fit_their_windows() {
    let Some(chromium) = std::env::var_os("GLEANER_CHROMIUM") else {
        println!(
            "SKIPPED pages_fit_their_windows: set GLEANER_CHROMIUM to the browser to test with"
        );
        return;
    };
    let library = fs::read_dir(root().join("scenarios/library")).unwrap();
    let mut scenarios: Vec<_> = library.map(|entry| entry.unwrap().path()).collect();
    scenarios.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    scenarios.sort();
    assert!(scenarios.len() > 10, "the library is where it was");
    let mut wrong = Vec::new();
    for scenario in scenarios {
        let workdir = Workdir::new();
        let name = scenario.to_str().unwrap();
        // Beyond two days, the largest would only take longer.
        workdir.done(&["simulate", name, "--until", "2d", "--out", "out"]);
        for seen in measure(&workdir, &chromium) {
            let Measured { window, page, text, rows, ref wider } = seen;
            if page > window || wider != "none" || text < 9.0 || rows == 0 {
                wrong.push(format!("{name}: {seen:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Opens `out/report.html` in frames of all widths. A window itself cannot be narrower than 500 pixels.
fn measure(workdir: &Workdir, chromium: &std::ffi::OsStr) -> Vec<Measured> {
    let page = workdir.read("out/report.html").replace("</body>", &format!("{MEASURE}</body>"));
    workdir.write("page.html", page);
    let frame = |width| {
        format!("<iframe src=page.html style='width:{width}px;height:900px;border:0'></iframe>")
    };
    let frames: String = WIDTHS.iter().map(frame).collect();
    let listen = "<pre id=out></pre><script>addEventListener('message', \
                  event => out.textContent += event.data + '\\n')</script>";
    workdir.write("frames.html", format!("<body>{listen}{frames}"));
    let output = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--window-size=2600,1000", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", workdir.path("profile").display()))
        .arg(format!("file://{}", workdir.path("frames.html").display()))
        .output()
        .expect("Chromium can be called");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = dom.split("<pre id=\"out\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let lines =
        lines.unwrap_or_else(|| panic!("no answer:\n{}", String::from_utf8_lossy(&output.stderr)));
    let measured: Vec<Measured> = lines.lines().map(read).collect();
    assert_eq!(measured.len(), WIDTHS.len(), "every frame answers: {lines}");
    measured
}

fn read(line: &str) -> Measured {
    let words: Vec<&str> = line.split(' ').collect();
    let [window, page, wider, text, rows] = words[..] else {
        panic!("five words, not `{line}`");
    };
    let number = |word: &str| word.parse().expect("a number");
    let text = text.parse().expect("a height");
    Measured {
        window: number(window),
        page: number(page),
        wider: wider.to_owned(),
        text,
        rows: number(rows),
    }
}
