/// Texts as the ledger and the coordinator take them for a reason.
enum ReasonText {
    private static let bytesMax = 1_000

    /// Makes one line of limited length of any text, and something of nothing: a job whose end is
    /// refused for its reason would never end, and a decline that is refused is not heard.
    static func of(_ text: String) -> String {
        var reason = ""
        for scalar in text.unicodeScalars {
            let printed = scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
            guard reason.utf8.count + printed.utf8.count <= bytesMax else { break }
            reason += printed
        }
        return reason.isEmpty ? "no reason given" : reason
    }
}
