import Encodings
import Testing

@testable import Learning

@Suite struct TargetTests {
    private static let text = """
        id,size,colour,price
        a,1,red,10.5
        b,2,blue,11
        c,3,red,
        d,4,green,13

        """

    private static func inspection(
        _ column: String, _ answer: InspectionOptions.Answer
    ) throws -> DatasetInspection {
        try DatasetInspection.inspect(
            reader(text),
            options: InspectionOptions(
                label: ColumnReference(column), answer: answer,
                kinds: column == "colour"
                    ? [] : [.init(column: ColumnReference("colour"), kind: .categorical)]))
    }

    @Test("A dataset can be registered for classes, and loaded with the classes of all members")
    func classes() throws {
        let schema = try Self.inspection("colour", .classes).schema
        let target = Target.classes(
            try #require(ClassTarget(column: "colour", names: ["blue", "green", "red"])))
        #expect(schema.target == target)
        #expect(schema.columns[2].kind == .label)
        #expect(
            schema.json["target"]?.canonicalText
                == #"{"classes":["blue","green","red"],"column":"colour","kind":"classes"}"#)
        #expect(try DatasetSchema(json: schema.json) == schema)

        let layout = try FeatureLayout(commonTo: [LearningTests.schema([("size", .numeric)])])
        let others = try #require(ClassTarget(column: "colour", names: ["black", "red"]))
        guard case .classes(let own) = target else { return }
        let all = try #require(ClassTarget(commonTo: [own, others]))
        #expect(all.names == ["black", "blue", "green", "red"])
        let dataset = try LocalDataset.load(
            reader(Self.text), schema: schema, layout: layout, target: .classes(all), split: .none)
        #expect(dataset.target == .classes(all))
        #expect(dataset.training.labels == [3, 1, 3, 2])

        let fewer = try #require(ClassTarget(column: "colour", names: ["red"]))
        let error = #expect(throws: DatasetError.self) {
            try LocalDataset.load(
                reader(Self.text), schema: schema, layout: layout, target: .classes(fewer),
                split: .none)
        }
        #expect(error?.code == .labelUnknown)
        #expect(error?.problem == "the dataset has the class blue, and the job does not")
    }

    @Test("A dataset can be registered for a number; rows without it are not used")
    func number() throws {
        let inspection = try Self.inspection("price", .number)
        let schema = inspection.schema
        #expect(schema.target == .number(column: "price"))
        #expect(inspection.summary.rendered.contains("to be predicted: 10.5 to 13, mean 11.5"))
        #expect(try DatasetSchema(json: schema.json) == schema)
        let layout = try FeatureLayout(commonTo: [schema])
        #expect(layout.features.map(\.name) == ["size", "colour"])
        let dataset = try LocalDataset.load(
            reader(Self.text), schema: schema, layout: layout, split: .none)
        #expect(dataset.training.labels == [10.5, 11, 13])
        #expect(dataset.report.unlabelledRowCount == 1)

        let wrong = Self.text.replacing("11\n", with: "11x\n")
        let error = #expect(throws: DatasetError.self) {
            try LocalDataset.load(reader(wrong), schema: schema, layout: layout, split: .none)
        }
        #expect(error?.code == .notANumber && error?.place?.line == 3)
    }

    @Test("Without a target every row is used; and a feature may become one for a job")
    func nothingAndFeatures() throws {
        let schema = try DatasetInspection.inspect(
            reader(Self.text),
            options: InspectionOptions(
                kinds: [.init(column: ColumnReference("colour"), kind: .categorical)])
        ).schema
        #expect(schema.target == .nothing && schema.json["target"] == nil)
        let layout = try FeatureLayout(commonTo: [schema], without: ["price"])
        #expect(layout.features.map(\.name) == ["size", "colour"])
        let all = try LocalDataset.load(
            reader(Self.text), schema: schema, layout: layout, target: .nothing, split: .none)
        #expect(all.training.labels == [0, 0, 0, 0])
        let priced = try LocalDataset.load(
            reader(Self.text), schema: schema, layout: layout, target: .number(column: "price"),
            split: .none)
        #expect(priced.training.labels == [10.5, 11, 13])
        let colours = try #require(ClassTarget(column: "colour", names: ["blue", "green", "red"]))
        let coloured = try LocalDataset.load(
            reader(Self.text), schema: schema,
            layout: FeatureLayout(commonTo: [schema], without: ["colour"]),
            target: .classes(colours), split: .none)
        #expect(coloured.training.labels == [2, 0, 2, 1])
        for (target, code) in [
            (nil, DatasetError.Code.labelNeeded), (.number(column: "size"), .layoutDiffers),
            (.number(column: "id"), .labelNeeded), (.number(column: "none"), .labelNeeded),
            (MadeData.label, .labelNeeded),
        ] as [(Target?, DatasetError.Code)] {
            let error = #expect(throws: DatasetError.self) {
                try LocalDataset.load(
                    reader(Self.text), schema: schema, layout: layout, target: target, split: .none)
            }
            #expect(error?.code == code)
        }
    }

    @Test("Targets read back from JSON, a label in the form that it always had")
    func json() throws {
        let targets: [Target] = [
            MadeData.label, try MadeData.classTarget(), MadeData.number, .nothing,
        ]
        for target in targets {
            #expect(try Target(json: JSONValue(parsing: target.json.canonicalText)) == target)
        }
        #expect(MadeData.label.json.canonicalText == #"{"column":"y","positive":">0"}"#)
        for text in [
            #"{"kind":"magic"}"#, #"{"kind":"number"}"#, #"{"kind":"number","column":""}"#,
            #"{"kind":"classes","column":"y","classes":[]}"#,
            #"{"kind":"classes","column":"y","classes":["b","a"]}"#,
            #"{"kind":"nothing","column":"y"}"#, #"{"kind":1}"#, "3",
        ] {
            #expect(throws: JSONShapeError.self) { try Target(json: JSONValue(parsing: text)) }
        }
    }

    @Test("The rows of every class are split in proportion")
    func strata() throws {
        let labels = (0..<300).map { Float($0 % 3) }
        let split = try #require(HoldoutSplit(perMille: 200, salt: "s"))
        let parts = split.split(labels: labels, numbers: Array(0..<300))
        for label in 0..<3 {
            #expect(parts.holdout.count { Int($0) % 3 == label } == 20)
        }
    }
}
