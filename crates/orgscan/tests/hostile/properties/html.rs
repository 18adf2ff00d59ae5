//! What an HTML of ours is made of, told by a tokenizer that does as browsers do (WHATWG).

use std::collections::BTreeSet;

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// Attributes that make a browser go somewhere.
const REFERENCES: [&str; 7] = ["href", "src", "srcset", "action", "formaction", "xlink:href", "background"];

/// What a document is made of.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// `tag` and `tag attribute`, each once.
    pub(crate) parts: BTreeSet<String>,
    /// Where links and other references go.
    pub(crate) references: BTreeSet<String>,
    /// How many scripts it has.
    pub(crate) scripts: usize,
    /// All text, of scripts and styles too.
    pub(crate) text: String,
}

pub(crate) fn document(html: &str) -> Document {
    let mut emitter: DefaultEmitter = DefaultEmitter::default();
    // Without it, what stands in a script or a style would be taken for tags.
    emitter.naively_switch_states(true);
    let mut document = Document::default();
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                document.scripts += usize::from(name == "script");
                for (attribute, value) in &tag.attributes {
                    let attribute = String::from_utf8_lossy(attribute);
                    if REFERENCES.contains(&&*attribute) {
                        document.references.insert(String::from_utf8_lossy(value).into_owned());
                    }
                    document.parts.insert(format!("{name} {attribute}"));
                }
                document.parts.insert(name);
            }
            Token::String(text) => document.text.push_str(&String::from_utf8_lossy(&text)),
            Token::Comment(text) => panic!("a comment: {}", String::from_utf8_lossy(&text)),
            Token::EndTag(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    document
}

impl Document {
    /// Whether it has nothing that the other has not, which was made of harmless texts.
    pub(crate) fn assert_made_of(&self, harmless: &Self) {
        let others: Vec<&String> = self.parts.difference(&harmless.parts).collect();
        assert!(others.is_empty(), "somebody else's text became {others:?}");
        assert_eq!(self.scripts, harmless.scripts);
    }
}
