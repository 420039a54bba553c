import Foundation

/// `results.md`, in which each result stands between two comments, `<!-- reproduce: heart -->` and
/// `<!-- end: heart -->`, and the pictures beside it in the folder `results`.
struct ResultsPage {
    let folder: URL

    struct NoPlace: Error, CustomStringConvertible {
        let page: String
        let name: String

        var description: String {
            "\(page) has no lines <!-- reproduce: \(name) --> and <!-- end: \(name) -->; add them "
                + "where the result should stand"
        }
    }

    /// - Throws: ``NoPlace``, or what reading and writing throws; nothing is written then.
    func write(_ result: ReproducedResult) throws {
        let file = folder.appending(path: "results.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let text = try Self.page(page, with: result, at: file.path)
        let pictures = folder.appending(path: "results")
        try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
        for plot in result.plots {
            try Data(plot.svg.utf8).write(to: pictures.appending(path: plot.file))
        }
        try Data(text.utf8).write(to: file)
    }

    /// The page with a result in its place.
    static func page(
        _ page: String, with result: ReproducedResult, at path: String
    ) throws(NoPlace) -> String {
        guard let start = page.range(of: "<!-- reproduce: \(result.name) -->\n"),
            let end = page.range(
                of: "<!-- end: \(result.name) -->", range: start.upperBound..<page.endIndex)
        else { throw NoPlace(page: path, name: result.name) }
        return page[..<start.upperBound] + "\n\(result.markdown)\n\n" + page[end.lowerBound...]
    }
}
