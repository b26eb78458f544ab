// Networks whose data and context are preprocessed column by column.
#ifndef CASTALIA_MODELS_PREPROCESSED_NETWORK_H_
#define CASTALIA_MODELS_PREPROCESSED_NETWORK_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/prob/preprocessing.h"
#include "models/catalogue.h"

namespace castalia {

// The fields features, context_features, preprocessing and context_preprocessing, as
// data_fields() and preprocessing_fields() give them, are read by the constructor.
class PreprocessedNetwork : public Network {
 public:
  // `chains` are those of the data. With a limit the preprocessed data lie in [-limit, limit].
  // With `classes` the last column of the context is a class, a whole number from 0 to classes - 1,
  // which the network reads as one number for each class: 1 for this one, 0 for all others.
  PreprocessedNetwork(const Specification& specification, std::span<const std::string> chains,
                      double limit = 0, int64_t classes = 0);
  // For a network whose rows are not `columns` columns but hold tables of them: it fits, checks and
  // prepares these itself. The field features is not read.
  PreprocessedNetwork(const Specification& specification, int64_t columns,
                      std::span<const std::string> chains, double limit = 0, int64_t classes = 0);

  int64_t features() const override { return preprocessing_.columns(); }
  int64_t context_features() const override {
    return context_preprocessing_.columns() + (classes_ > 0 ? 1 : 0);
  }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override;
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override;
  std::string preprocessing_json() const override;
  void set_preprocessing_json(const std::string& text) override;
  bool fitted() const override;
  Value preprocessed(Trace& trace, Value x, Value context) override;

 protected:
  const Preprocessing& preprocessing() const { return preprocessing_; }
  // For a network that fits the chains itself: one for each column.
  void set_preprocessing(std::span<const std::string> chains);
  // Fits both without checking their rows: x is a table of the columns that are preprocessed.
  void fit_tables(std::span<const double> x, std::span<const double> context);
  // After preprocessing, of the trace's type; the context is null where there is none.
  virtual Value prepared(Trace& trace, Value x) const;
  Value prepared_context(Trace& trace, Value context) const;
  // Its columns: those of the context that are numbers, then one for each class.
  int64_t prepared_context_features() const { return context_preprocessing_.columns() + classes_; }
  int64_t classes() const { return classes_; }

 private:
  // The columns of the context that are numbers; they are copied where there is a class beside
  // them.
  std::vector<double> numbers_of(std::span<const double> context) const;
  void check_context(std::span<const double> context, int64_t first_row) const;

  Preprocessing preprocessing_;
  Preprocessing context_preprocessing_;  // of the columns that are numbers
  double limit_;
  int64_t classes_;  // 0: the context has no class
};

// features and context_features; `condition` says what depends on the context.
std::vector<Field> data_fields(const std::string& condition);
// preprocessing and context_preprocessing; `otherwise` says what an empty list means.
std::vector<Field> preprocessing_fields(const std::string& otherwise);

}  // namespace castalia

#endif  // CASTALIA_MODELS_PREPROCESSED_NETWORK_H_
