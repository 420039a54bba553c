import Contracts
import Encodings
import Learning
import SampleLab
import Testing
import Trainers

@Suite struct BundleSettingsTests {
    private func settings() throws -> BundleSettings {
        let sample = try SampleData.settings
        return BundleSettings(
            digest: BlobDigest(of: [1]), name: "mean", version: "1.0.0",
            config: ["epochs": 2, "learningRate": .number(0.5)], seed: 7, layout: sample.layout,
            target: .label(sample.label))
    }

    @Test("Settings are read as they were written, and a job of them is a bundle's")
    func roundTrip() throws {
        let settings = try settings()
        #expect(try BundleSettings(JSONValue(parsing: settings.json.canonicalBytes)) == settings)
        let trainer = try JobTrainer(settings.json)
        #expect(trainer.builtIn == nil && trainer.kind == "bundle")
        #expect(trainer.json == settings.json && trainer.layout == settings.layout)
    }

    @Test(
        "Bad settings are refused, and the field is named",
        arguments: [
            ("digest", "abc", "trainer.digest"), ("digest", nil, "trainer.digest"),
            ("config", 7, "trainer.config"), ("seed", -1, "trainer.seed"),
            ("layout", [], "trainer.layout"), ("target", nil, "trainer.target"),
            ("python", "import os", "trainer.python"),
        ] as [(String, JSONValue?, String)])
    func badSettings(field: String, value: JSONValue?, place: String) throws {
        var object = try #require(try settings().json.object)
        object[field] = value
        let error = #expect(throws: JSONShapeError.self) { try JobTrainer(.object(object)) }
        #expect(error?.path.hasPrefix(place) == true, "\(String(describing: error))")
    }

    @Test("A bundle is averaged by strategies that leave the sites' own steps alone")
    func strategies() throws {
        let trainer = try JobTrainer(settings().json)
        try trainer.check(.fedavg)
        try trainer.check(
            JobStrategy(["kind": "fedadam", "serverRate": .number(0.01)], fillsDefaults: true))
        #expect(throws: WorkError.self) {
            try trainer.check(JobStrategy(["kind": "scaffold"], fillsDefaults: true))
        }
    }

    @Test("A bundle's metrics are named by the rows that they are of")
    func metrics() {
        #expect(
            BundleSettings.metricsMicro(["loss": 0.5, "auc": 0.75, "é": 1], of: "holdout")
                == ["holdoutLoss": 500_000, "holdoutAUC": 750_000])
        let many = Dictionary(uniqueKeysWithValues: (0..<64).map { ("m\($0)", 1.0) })
        #expect(BundleSettings.metricsMicro(many, of: "training").count == 8)
    }
}
