import Policy

extension DocumentComparer {
    /// An expression in one spelling.
    static func canonical(_ text: ExpressionText) -> String {
        (try? Parser.parse(SourceText(text.text)).text) ?? text.text
    }
}
