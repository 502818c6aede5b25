//! Which keywords of JSON Schema hold schemas, in the drafts from 4 to 2020-12.

/// Whether the keyword holds one schema. `items` is not among them, because it may hold a list.
pub(crate) fn holds_schema(keyword: &str) -> bool {
    const KEYWORDS: [&str; 11] = [
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ];
    KEYWORDS.contains(&keyword)
}

/// Whether the keyword holds a list of schemas.
pub(crate) fn holds_schemas(keyword: &str) -> bool {
    ["allOf", "anyOf", "oneOf", "prefixItems"].contains(&keyword)
}
