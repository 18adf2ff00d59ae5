//! The little XML that the protocols need.

use std::borrow::Cow;

/// Text that may stand between tags.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// The contents of every element of this name, none of which holds another of the same name.
pub(crate) fn contents<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            let (_, tag) = rest.split_once('<')?;
            let (tag, after) = tag.split_once('>')?;
            rest = after;
            if tag.split_whitespace().next() == Some(name) {
                let end = after.find(&format!("</{name}>"))?;
                let (content, after) = after.split_at(end);
                rest = after;
                return Some(content);
            }
        }
    })
}

/// The text of the first element of this name.
pub(crate) fn text(xml: &str, name: &str) -> Option<String> {
    let content = contents(xml, name).next()?.trim();
    let text = content.replace("&quot;", "\"").replace("&#34;", "\"").replace("&apos;", "'").replace("&#39;", "'");
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_where_it_must_be() {
        assert_eq!(escaped("plain"), "plain");
        assert_eq!(escaped("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&apos;");
    }

    #[test]
    fn elements_are_found_in_order() {
        let xml = "<?xml version=\"1.0\"?><Complete xmlns=\"x\"><Part><ETag>&quot;a&quot;</ETag><PartNumber>1</PartNumber>\
                   </Part>\n<Part ><PartNumber> 2 </PartNumber><ETag>\"b\"</ETag></Part></Complete>";
        let parts: Vec<_> = contents(xml, "Part").map(|part| (text(part, "PartNumber"), text(part, "ETag"))).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parts, [(some("1"), some("\"a\"")), (some("2"), some("\"b\""))]);
        assert_eq!(text(xml, "Bucket"), None);
        assert_eq!(text("<ETag>never closed", "ETag"), None);
    }
}
