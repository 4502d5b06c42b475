//! Colours that stay apart for colour-blind eyes (Okabe and Ito 2008), each with the one that takes its
//! place on a dark page. Must not know shapes.
//!
//! A drawing has the light colours only, so that its file is good alone, on white. Within the page, a rule
//! of the style sheet puts a variable in the place of each: `--plot-owners` for [`OWNERS`], and so on. So
//! there is a bounded number of colours, and all are listed here, mixed ones too.

use plotters::style::RGBColor;

/// How nodes look that are not up: a ground and lines across it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Its colour.
    pub(crate) ground: RGBColor,
    /// Colour of the lines.
    pub(crate) lines: RGBColor,
    /// Whether there are lines that rise to the right.
    pub(crate) rising: bool,
    /// Whether there are lines that fall to the right.
    pub(crate) falling: bool,
}

/// The sheet that is drawn on.
pub(crate) const SHEET: RGBColor = RGBColor(255, 255, 255);
/// Cores that owners' jobs use.
pub(crate) const OWNERS: RGBColor = RGBColor(0, 114, 178);
/// Cores that owners' jobs keep for jobs inside of them.
pub(crate) const CONTAINER: RGBColor = RGBColor(184, 214, 233);
/// Cores that campaigns use.
pub(crate) const HARVEST: RGBColor = RGBColor(230, 159, 0);
/// Attempts that still run when a run is stopped.
pub(crate) const RUNNING: RGBColor = RGBColor(245, 214, 150);
/// What was lost: killed or failed attempts.
pub(crate) const LOST: RGBColor = RGBColor(187, 60, 0);
/// Cores that nobody uses.
pub(crate) const FREE: RGBColor = RGBColor(232, 238, 241);
/// Cores that cannot be used.
pub(crate) const UNAVAILABLE: RGBColor = RGBColor(150, 150, 150);
/// Cores of broken nodes.
pub(crate) const BROKEN: Look = Look {
    ground: RGBColor(222, 213, 210),
    lines: RGBColor(120, 92, 86),
    rising: true,
    falling: true,
};
/// Cores of nodes that are switched off.
pub(crate) const HALTED: Look = Look {
    ground: RGBColor(231, 235, 238),
    lines: RGBColor(160, 172, 182),
    rising: true,
    falling: false,
};
/// Cores of nodes that are about to leave.
pub(crate) const DRAINING: Look = Look {
    ground: RGBColor(241, 234, 246),
    lines: RGBColor(170, 132, 196),
    rising: false,
    falling: true,
};
/// Cores of nodes that are not there.
pub(crate) const ABSENT: Look = Look {
    ground: RGBColor(205, 209, 212),
    lines: RGBColor(205, 209, 212),
    rising: false,
    falling: false,
};
/// Whatever is neither owners' nor campaigns'.
pub(crate) const NEUTRAL: RGBColor = RGBColor(0, 158, 115);
/// What colours are mixed with to step back.
const WASH: RGBColor = RGBColor(226, 233, 238);
/// What a panel shows where there is nothing.
pub(crate) const GROUND: RGBColor = RGBColor(246, 248, 249);
/// Text.
pub(crate) const INK: RGBColor = RGBColor(40, 48, 56);
/// Text upon strong colours; all but white, which is the sheet's.
pub(crate) const ON_STRONG: RGBColor = RGBColor(255, 255, 254);
/// Text of less weight.
pub(crate) const FAINT: RGBColor = RGBColor(100, 110, 120);
/// Grid lines.
pub(crate) const RULE: RGBColor = RGBColor(222, 227, 231);
/// The edge of a panel that has no axis.
pub(crate) const EDGE: RGBColor = RGBColor(193, 197, 201);

/// The colours that are not mixed: name in the style sheet, as drawn, and on a dark page.
const PLAIN: [(&str, RGBColor, RGBColor); 23] = [
    ("sheet", SHEET, DARK_SHEET),
    ("owners", OWNERS, RGBColor(64, 156, 219)),
    ("container", CONTAINER, RGBColor(36, 68, 90)),
    ("harvest", HARVEST, RGBColor(230, 159, 0)),
    ("running", RUNNING, RGBColor(122, 91, 28)),
    ("lost", LOST, RGBColor(232, 92, 48)),
    ("free", FREE, RGBColor(44, 53, 61)),
    ("unavailable", UNAVAILABLE, RGBColor(110, 118, 126)),
    ("broken", BROKEN.ground, RGBColor(74, 60, 57)),
    ("broken-lines", BROKEN.lines, RGBColor(176, 146, 138)),
    ("halted", HALTED.ground, RGBColor(44, 53, 60)),
    ("halted-lines", HALTED.lines, RGBColor(92, 105, 116)),
    ("draining", DRAINING.ground, RGBColor(54, 46, 64)),
    ("draining-lines", DRAINING.lines, RGBColor(134, 104, 158)),
    ("absent", ABSENT.ground, RGBColor(70, 79, 88)),
    ("neutral", NEUTRAL, RGBColor(28, 179, 136)),
    ("wash", WASH, DARK_WASH),
    ("ground", GROUND, RGBColor(37, 45, 52)),
    ("ink", INK, RGBColor(230, 235, 239)),
    ("on-strong", ON_STRONG, RGBColor(14, 20, 25)),
    ("faint", FAINT, RGBColor(154, 167, 178)),
    ("rule", RULE, RGBColor(58, 68, 77)),
    ("edge", EDGE, RGBColor(92, 103, 113)),
];
const DARK_SHEET: RGBColor = RGBColor(30, 36, 42);
const DARK_WASH: RGBColor = RGBColor(40, 49, 57);

/// Returns a colour between two: `share` 0 gives `from`, 1 gives `to`.
fn mix(from: RGBColor, to: RGBColor, share: f64) -> RGBColor {
    let share = share.clamp(0.0, 1.0);
    let part =
        |a: u8, b: u8| libm::round(f64::from(a) + (f64::from(b) - f64::from(a)) * share) as u8;
    RGBColor(part(from.0, to.0), part(from.1, to.1), part(from.2, to.2))
}

/// Returns a shade of a colour that tells neighbouring jobs apart.
pub(crate) fn shade(colour: RGBColor, number: u8) -> RGBColor {
    mix(colour, SHEET, shade_share(number))
}

fn shade_share(number: u8) -> f64 {
    f64::from(number % SHADES) / f64::from(SHADES) * 0.55
}

/// How many shades there are.
pub(crate) const SHADES: u8 = 5;

/// Returns a colour that has stepped back.
pub(crate) fn pale(colour: RGBColor) -> RGBColor {
    mix(colour, WASH, PALE)
}

const PALE: f64 = 0.7;

/// Returns how the owners' load is shown, from 0 to 1: the stronger the more.
pub(crate) fn heat(share: f64) -> RGBColor {
    mix(SHEET, OWNERS, heat_share(libm::round(share.clamp(0.0, 1.0) * HEATS) as u32))
}

/// Returns the colour of text upon [`heat`].
pub(crate) fn heat_ink(share: f64) -> RGBColor {
    if share > 0.76 { ON_STRONG } else { INK }
}

fn heat_share(step: u32) -> f64 {
    0.06 + 0.94 * f64::from(step) / HEATS
}

/// Steps of heat, beside none.
const HEATS: f64 = 25.0;

/// A colour of drawings.
struct Named {
    name: String,
    drawn: RGBColor,
    dark: RGBColor,
}

/// Returns all colours that a drawing can have.
fn all() -> Vec<Named> {
    let mut all = Vec::new();
    let mut add = |name, drawn, dark| all.push(Named { name, drawn, dark });
    for (name, drawn, dark) in PLAIN {
        add(name.to_owned(), drawn, dark);
        if [OWNERS, HARVEST, LOST].contains(&drawn) {
            for number in 1..SHADES {
                let dark = mix(dark, DARK_SHEET, shade_share(number));
                add(format!("{name}-{number}"), shade(drawn, number), dark);
            }
        }
        if [OWNERS, HARVEST].contains(&drawn) {
            add(format!("{name}-pale"), pale(drawn), mix(dark, DARK_WASH, PALE));
        }
        if drawn == OWNERS {
            // The last step is the colour itself.
            for step in 0..HEATS as u32 {
                let share = heat_share(step);
                add(format!("heat-{step}"), mix(SHEET, drawn, share), mix(DARK_SHEET, dark, share));
            }
        }
    }
    all
}

/// Returns the part of the style sheet that makes drawings follow the page: a variable for each colour,
/// and a rule that puts it in the colour's place.
pub(crate) fn css() -> String {
    let (mut on_white, mut on_dark, mut rules) = (String::new(), String::new(), String::new());
    for Named { name, drawn, dark } in all() {
        let (drawn, dark) = (hex(drawn), hex(dark));
        on_white += &format!("--plot-{name}:{drawn};");
        on_dark += &format!("--plot-{name}:{dark};");
        rules += &format!(
            "svg [fill=\"{drawn}\"]{{fill:var(--plot-{name})}}\n\
             svg [stroke=\"{drawn}\"]{{stroke:var(--plot-{name})}}\n"
        );
    }
    // Paper is white, whatever the screen is.
    format!(
        ":root{{{on_white}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{on_dark}}}}}\n{rules}"
    )
}

/// Returns a colour as drawings write it.
pub(crate) fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// Returns the colours of a drawing that a dark page does not know.
pub(crate) fn unknown_in(svg: &str) -> Vec<&str> {
    let known: Vec<String> = all().into_iter().map(|colour| hex(colour.drawn)).collect();
    let colours = ["fill=\"", "stroke=\""].into_iter().flat_map(|key| svg.split(key).skip(1));
    let colours = colours.filter_map(|rest| rest.split('"').next());
    colours.filter(|colour| *colour != "none" && !known.iter().any(|k| k == colour)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_colours_look_alike_on_white() {
        let mut seen = std::collections::BTreeMap::new();
        for Named { name, drawn, .. } in all() {
            let before = seen.insert(hex(drawn), name.clone());
            assert_eq!(before, None, "{name} cannot be told from it in a drawing");
        }
    }

    /// The share of light that a colour gives back (WCAG 2.1, relative luminance).
    fn light(RGBColor(red, green, blue): RGBColor) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { libm::pow((part + 0.055) / 1.055, 2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let (a, b) = (light(a), light(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_both_pages() {
        for (name, drawn, dark) in PLAIN {
            let least = match name {
                "ink" => 7.0,
                "faint" => 4.5,
                "owners" | "lost" => 3.0,
                _ => continue,
            };
            assert!(contrast(drawn, SHEET) >= least, "{name} on white");
            assert!(contrast(dark, DARK_SHEET) >= least, "{name} on a dark page");
        }
        let dark = |wanted| PLAIN.into_iter().find(|(_, light, _)| *light == wanted).unwrap().2;
        for percent in 0..=100 {
            let share = f64::from(percent) / 100.0;
            let least = contrast(heat(share), heat_ink(share));
            assert!(least >= 3.3, "{percent} % on white: {least}");
            let step = libm::round(share * HEATS) as u32;
            let ground = mix(DARK_SHEET, dark(OWNERS), heat_share(step));
            let least = contrast(ground, dark(heat_ink(share)));
            assert!(least >= 3.3, "{percent} % on a dark page: {least}");
        }
    }
}
