package import Hummingbird
package import Transport

extension Request {
    /// A whole number of the query.
    ///
    /// - Returns: `nil` where it is absent.
    /// - Throws: `Problem` where it is anything else: who misspells a place should not be shown
    ///   another.
    package func number(
        _ name: String, in range: ClosedRange<UInt64> = 0 ... .max
    ) throws(Problem) -> UInt64? {
        guard let text = uri.queryParameters[name[...]] else { return nil }
        guard let number = UInt64(text), range.contains(number) else {
            throw Problem(
                status: 400, code: "request.malformed",
                detail: "\(name) should be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }
}
