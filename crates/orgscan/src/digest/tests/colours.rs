//! Whether a digest can be read.

use super::world::realistic;

#[test]
fn a_digest_can_be_read_in_light_and_dark() {
    let html = realistic().render().html;
    let colour = |block: &str, property: &str| {
        block
            .split(';')
            .filter_map(|declaration| declaration.split_once(':'))
            .find(|(name, _)| name.trim() == property)
            .and_then(|(_, value)| value.trim().get(1..7).and_then(|hex| u32::from_str_radix(hex, 16).ok()))
    };
    let blocks = html.split("style=\"").chain(html.split('{')).map(|rest| rest.split(['"', '}']).next().unwrap());
    let mut pairs: Vec<(u32, u32)> =
        blocks.filter_map(|block| Some((colour(block, "color")?, colour(block, "background")?))).collect();
    // Grey text on the page, and the page's text on the tables' head rows, in light and in dark.
    pairs.extend([(0x57_60_6a, 0xff_ff_ff), (0x1f_23_28, 0xee_f1_f4), (0x9d_a7_b3, 0x16_1b_22)]);
    for severity in ["Critical", "High", "Medium", "Low"] {
        assert!(html.contains(&format!(">{severity}</span>")), "{severity} is told by its word");
    }
    pairs.sort_unstable();
    pairs.dedup();
    assert!(pairs.len() >= 12, "{pairs:x?}");
    for (text, background) in pairs {
        let (one, other) = (luminance(text), luminance(background));
        let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
        assert!(contrast >= 4.5, "#{text:06x} on #{background:06x} has a contrast of {contrast:.1}");
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: u32) -> f64 {
    let [_, red, green, blue] = colour.to_be_bytes().map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
