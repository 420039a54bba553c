import Encodings
import SampleLab
import Testing
import Trainers

@Suite struct LogisticSettingsTests {
    @Test("Settings are read as they were written")
    func roundTrip() throws {
        let settings = try SampleData.settings
        #expect(try LogisticSettings(settings.json) == settings)
        #expect(try LogisticSettings(JSONValue(parsing: settings.json.canonicalBytes)) == settings)
    }

    /// A field that is changed or, for `nil`, left out, and the place that the refusal names.
    @Test(
        "Bad settings are refused, and the field is named",
        arguments: [
            (["kind"], "trees", "trainer.kind"),
            (["kind"], nil, "trainer.kind"),
            (["kind"], 7, "trainer.kind"),
            (["layout"], nil, "trainer.layout"),
            (["layout"], [], "trainer.layout"),
            (["layout", "format"], "jointlab.feature-layout/9", "trainer.layout.format"),
            (["layout", "features"], [], "trainer.layout.features"),
            (["layout", "features"], [["kind": "numeric"]], "trainer.layout.features[0].name"),
            (
                ["layout", "features"],
                [["kind": "numeric", "name": "a"], ["kind": "numeric", "name": "a"]],
                "trainer.layout.features[1].name"
            ),
            (
                ["layout", "features"], [["kind": "picture", "name": "a"]],
                "trainer.layout.features[0].kind"
            ),
            (
                ["layout", "features"], [["kind": "categorical", "name": "a", "categories": []]],
                "trainer.layout.features[0].categories"
            ),
            (["layout", "rows"], 7, "trainer.layout.rows"),
            (["label"], nil, "trainer.label"),
            (["label", "column"], 7, "trainer.label.column"),
            (["label", "positive"], [], "trainer.label.positive"),
            (["label", "positive"], "yes", "trainer.label.positive"),
            (["label", "negative"], ["no", "yes"], "trainer.label.negative"),
            (["label", "negative"], nil, "trainer.label.negative"),
            (["training"], nil, "trainer.training"),
            (["training", "learningRate"], 0, "trainer.training.learningRate"),
            (["training", "learningRate"], .number(-0.1), "trainer.training.learningRate"),
            (["training", "learningRate"], "fast", "trainer.training.learningRate"),
            (["training", "localEpochs"], 0, "trainer.training.localEpochs"),
            (["training", "localEpochs"], .number(1.5), "trainer.training.localEpochs"),
            (["training", "localEpochs"], 9_000_000_000, "trainer.training.localEpochs"),
            (["training", "batchSize"], 0, "trainer.training.batchSize"),
            (["training", "batchSize"], -8, "trainer.training.batchSize"),
            (["training", "l2"], -1, "trainer.training.l2"),
            (["training", "seed"], -1, "trainer.training.seed"),
            (["training", "seed"], 9_007_199_254_740_992, "trainer.training.seed"),
            (["training", "momentum"], .number(0.9), "trainer.training.momentum"),
            (["python"], "import os", "trainer.python"),
        ] as [([String], JSONValue?, String)])
    func refused(path: [String], value: JSONValue?, named: String) throws {
        let json = try SampleData.settings.json.replacing(path[...], with: value)
        let error = #expect(throws: JSONShapeError.self) { try LogisticSettings(json) }
        #expect(error?.path == named, "\(error?.description ?? "")")
        #expect(error?.problem.isEmpty == false)
    }

    @Test("What is no object is refused")
    func noObject() {
        for json in [.null, [], "logistic-regression", 7] as [JSONValue] {
            #expect(throws: JSONShapeError.self) { try LogisticSettings(json) }
        }
    }
}

extension JSONValue {
    /// The same with another value at a place, or nothing there.
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSONValue?) -> JSONValue {
        guard let key = path.first, case .object(var object) = self else { return value ?? .null }
        object[key] =
            path.count == 1
            ? value : object[key]?.replacing(path.dropFirst(), with: value)
        return .object(object)
    }
}
